namespace Gateway.Configuration.Model;

/// <summary>A token of the admin endpoint that belongs to a person, a team or a machine.</summary>
internal sealed record AdminTokenConfig
{
    /// <summary>Whose it is, for journal and messages.</summary>
    public required string Name { get; init; }

    /// <summary>The secret.</summary>
    public required string Token { get; init; }

    /// <summary>What it allows. Default: <see cref="AdminRole.Read"/>.</summary>
    public AdminRole Role { get; init; }

    /// <summary>Without the secret: a record that is printed must not give it away.</summary>
    public override string ToString() => $"AdminTokenConfig {{ Name = {Name}, Role = {Role} }}";
}
