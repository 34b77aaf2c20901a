using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>admin</c>.</summary>
internal static class AdminKeys
{
    private const string RoleText =
        "read: see everything; operate: also hold, release, drain, ready, weight, purge, and send alerts and lines for signals; configure: "
        + "also reload the configuration.";

    /// <summary>All of them.</summary>
    public static RecordSchema<AdminConfig> Admin { get; } =
        new RecordSchema<AdminConfig>("a mapping with url and token", () => new AdminConfig())
        .Key(
            "url",
            UrlSchemas.Listen(),
            (admin, value) => admin with { Url = value },
            "http:// or https://, an IP address, localhost or * (every address), and a port (0: any free one).",
            "http://127.0.0.1:8081")
        .Key(
            "token",
            Schemas.Secret("a secret text"),
            (admin, value) => admin with { Token = value },
            "Bearer token that every call must carry; it may do everything. This or tokens is needed as soon as url is not loopback.")
        .Key(
            "tokens",
            new ListSchema<AdminTokenConfig>(AdminToken(), atMost: 100),
            (admin, value) => admin with { Tokens = value },
            "Tokens of persons, teams or machines, each with a role. A reload changes them.")
        .Key(
            "certificate",
            TlsKeys.Certificate(),
            (admin, value) => admin with { Certificate = value },
            "The certificate of an https url; its files are read again when they change. Commands that read this configuration trust it.")
        .Key(
            "clientCertificates",
            OperatorCertificates(),
            (admin, value) => admin with { ClientCertificates = value },
            "Operators who show a client certificate in place of a token, with an https url. A reload changes them.");

    private static RecordSchema<OperatorCertificatesConfig> OperatorCertificates() =>
        new RecordSchema<OperatorCertificatesConfig>("a mapping with ca and operators", static () => new OperatorCertificatesConfig())
        .Key(
            "ca",
            Schemas.Path("a file"),
            (certificates, value) => certificates with { Ca = value },
            "PEM file of the authorities that operators' certificates must come from; it is read again when it changes.",
            required: true)
        .Key(
            "operators",
            new ListSchema<OperatorCertificateConfig>(OperatorCertificate(), atLeast: 1, atMost: 1_000),
            (certificates, value) => certificates with { Operators = value },
            "Whom certificates belong to; one that no item names is refused.",
            required: true);

    private static RecordSchema<OperatorCertificateConfig> OperatorCertificate() =>
        new RecordSchema<OperatorCertificateConfig>("a mapping with name, identity and role", static () => new OperatorCertificateConfig())
        .Key(
            "name",
            Schemas.Token("a name"),
            (one, value) => one with { Name = value },
            "Whose certificate it is: shown in the journal with every change.",
            required: true)
        .Key(
            "identity",
            Schemas.Text("a text", "Write what the certificate has as e-mail address, DNS name, URI or common name", longest: 512),
            (one, value) => one with { Identity = value },
            "A subject alternative name of the certificate (DNS, e-mail, URI), or, of one without any, its common name; letter by letter.",
            required: true)
        .Key("role", Role(), (one, value) => one with { Role = value }, RoleText, "read");

    private static RecordSchema<AdminTokenConfig> AdminToken() =>
        new RecordSchema<AdminTokenConfig>(
            "a mapping with name, token and role", static () => new AdminTokenConfig { Name = null!, Token = null! })
        .Key(
            "name",
            Schemas.Token("a name"),
            (token, value) => token with { Name = value },
            "Whose token it is: shown in the journal with every change.",
            required: true)
        .Key(
            "token",
            Schemas.RequiredSecret("GATEWAY_TOKEN_ANN"),
            (token, value) => token with { Token = value },
            "The token itself, such as ${GATEWAY_TOKEN_ANN}.",
            required: true)
        .Key("role", Role(), (token, value) => token with { Role = value }, RoleText, "read");

    private static TextSchema<AdminRole> Role() =>
        Schemas.Enum(("read", AdminRole.Read), ("operate", AdminRole.Operate), ("configure", AdminRole.Configure));
}
