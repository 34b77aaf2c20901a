using Gateway.Configuration.Model;

namespace Gateway.Fallback;

/// <summary>
/// Answers the request from the stored responses of its route, whole and with all its headers, and says whether there was one. False:
/// nothing of the response was touched. It looks into memory and waits for no store: the fallback chain has no time to give away.
/// </summary>
internal delegate ValueTask<bool> LastGoodResponse(HttpContext context, RouteConfig route);
