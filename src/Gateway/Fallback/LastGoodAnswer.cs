using Gateway.Configuration;

namespace Gateway.Fallback;

/// <summary>
/// Answers the request from the stored answers of its route, whole and with all its headers, and says whether there was one. False: nothing of the
/// response was touched. It looks into memory and waits for no store: the ladder has no time to give away.
/// </summary>
internal delegate ValueTask<bool> LastGoodAnswer(HttpContext context, RouteConfig route);
