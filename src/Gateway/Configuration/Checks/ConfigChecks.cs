namespace Gateway.Configuration;

/// <summary>What keys must be to each other and to the machine, once each was understood alone.</summary>
internal static class ConfigChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader)
    {
    }
}
