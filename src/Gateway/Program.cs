using Gateway.Cli;
using Gateway.Composition;

Startup.Prepare();
return await GatewayCli.RunAsync(args, RunCommand.Create(Environment.GetEnvironmentVariable), DemoCommand.Create(Environment.GetEnvironmentVariable), DrillCommand.Create());
