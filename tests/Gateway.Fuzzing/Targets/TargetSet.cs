using Gateway.Fuzzing.Engine;

namespace Gateway.Fuzzing.Targets;

/// <summary>All targets.</summary>
internal static class TargetSet
{
    /// <summary>By name.</summary>
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new ResponseHeadTarget(),
        new ChunksTarget(),
        new ConnectionTarget(),
        new EventStreamTarget(),
        new ProxyProtocolTarget(),
        new FleetTarget(),
        new RedisReplyTarget(),
        new LastGoodTarget(),
        new SavedStateTarget(),
        new AgentTarget(),
        new OrcaTarget(),
        new MetricsTarget(),
        new LogLineTarget(),
        new SyslogTarget(),
        new RequestTargetTarget(),
        new JsonTarget(),
        new KubernetesTarget(),
        new ConfigurationTarget(),
    ];
}
