using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using SampleGuide;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(GuideOptions.Help);
    return 0;
}

if (!GuideOptions.TryParse(args, out GuideOptions? options, out string problem))
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine(GuideOptions.Help);
    return 2;
}

await using WebApplication app = GuideHost.Build(options, TimeProvider.System);
try
{
    await app.StartAsync();
}
catch (IOException e)
{
    Console.Error.WriteLine(
        $"The guide '{options.Name}' cannot listen on port {options.Port}: {e.Message} Choose another port, or 0 for any free one.");
    return 1;
}

string address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
Console.WriteLine($"listening on {address}");
await app.WaitForShutdownAsync();
return 0;
