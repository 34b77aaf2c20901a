using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Server.Acme;

/// <summary>One certificate to keep, and how its orders go. Written by the loop of <see cref="AcmeRenewal"/> alone.</summary>
/// <param name="config">What is wanted.</param>
/// <param name="jitter">From 0 to 1.</param>
internal sealed class AcmeOrdering(CertificateConfig config, double jitter)
{
    // Whatever a certificate says of its life: an order after the other is what authorities bar accounts for.
    private static readonly TimeSpan LeastLife = TimeSpan.FromHours(1);

    private string? _alarm;

    /// <summary>What is wanted.</summary>
    public CertificateConfig Config => config;

    /// <summary>Its names, for people.</summary>
    public string Names => string.Join(", ", config.Hosts);

    /// <summary>Failed orders in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>Why there is no new certificate; null: there is, or none is due.</summary>
    public string? Alarm => Volatile.Read(ref _alarm);

    private DateTimeOffset NotBefore { get; set; } = DateTimeOffset.MinValue;

    /// <summary>When it is ordered next.</summary>
    public DateTimeOffset NextAt(AcmeHolding holding, DateTimeOffset now)
    {
        var due = AcmeSchedule.DueAt(holding, config, now, jitter);
        return due > NotBefore ? due : NotBefore;
    }

    /// <summary>How this try proves the names: the ways take turns, since one may be closed by a firewall.</summary>
    public string ChallengeOf(ImmutableArray<string> ways) => ways[Failures % ways.Length];

    /// <summary>It was issued.</summary>
    public void Succeed(DateTimeOffset now)
    {
        Failures = 0;
        NotBefore = now + LeastLife;
        Volatile.Write(ref _alarm, null);
    }

    /// <summary>It was not.</summary>
    /// <param name="why">For people, without a full stop.</param>
    /// <param name="asked">What the authority asks to wait; null: nothing.</param>
    /// <param name="holding">What stays in force.</param>
    /// <param name="now">The time.</param>
    public void Fail(string why, TimeSpan? asked, AcmeHolding holding, DateTimeOffset now)
    {
        Failures++;
        NotBefore = now + AcmeSchedule.PauseAfter(Failures, asked, jitter);
        var inForce = holding.Directory is null
            ? "A placeholder is in force, which clients refuse"
            : $"The one before stays in force until {holding.Ends.UtcDateTime:yyyy-MM-dd HH:mm}Z";
        Volatile.Write(
            ref _alarm,
            $"The certificate for {Names} was not issued by {config.Acme!.Directory.Host}: {why}. {inForce}; the next try is at "
                + $"{NotBefore.UtcDateTime:yyyy-MM-dd HH:mm}Z.");
    }

    /// <summary>Nothing has been tried, and only a placeholder is there.</summary>
    public void Begin(AcmeHolding holding)
    {
        if (holding.Directory is null)
        {
            Volatile.Write(
                ref _alarm, $"The certificate for {Names} is being ordered. A placeholder is in force, which clients refuse.");
        }
    }
}
