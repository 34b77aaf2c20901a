using Gateway.Cli;
using Gateway.Hosting;

Startup.Prepare();
return await GatewayCli.RunAsync(
    args,
    RunCommand.Create(Environment.GetEnvironmentVariable),
    DemoCommand.Create(Environment.GetEnvironmentVariable),
    DrillCommand.Create());
