// What each part on a request's way costs, in nanoseconds and bytes:
//   dotnet run -c Release --project loadtests/bench/Parts -- --filter '*'
//   dotnet run -c Release --project loadtests/bench/Parts -- --filter '*Decisions*'
// It runs in its own process without building another: the parts are internal to the gateway.
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

var config = ManualConfig.CreateEmpty()
    .AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance))
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddLogger(ConsoleLogger.Default);
return BenchmarkSwitcher.FromAssembly(typeof(Gateway.Parts.Decisions).Assembly).Run(args, config).Any() ? 0 : 2;
