using Gateway.Composition;
using Gateway.Configuration;

Startup.Prepare();
var path = args.Length > 2 ? args[2] : "config/gateway.yaml";
var loaded = ConfigLoader.Load(path, Environment.GetEnvironmentVariable);
foreach (var p in loaded.Problems) Console.Error.WriteLine(p);
if (loaded.Config is null) return 2;
await using var host = new GatewayHost(loaded, path, Environment.GetEnvironmentVariable, TimeProvider.System);
await host.StartAsync(default);
var stop = new TaskCompletionSource();
using var t = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, c => { c.Cancel = true; stop.TrySetResult(); });
using var i = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, c => { c.Cancel = true; stop.TrySetResult(); });
await stop.Task;
await host.StopAsync();
return 0;
