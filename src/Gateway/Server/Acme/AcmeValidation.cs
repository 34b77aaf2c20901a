namespace Gateway.Server.Acme;

/// <summary>A feature of a connection over which an authority validates a name by TLS-ALPN-01.</summary>
internal sealed class AcmeValidation;
