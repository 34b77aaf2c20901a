namespace Gateway.Configuration.Reload;

/// <summary>Why a valid change is not to be put in force now; null: nothing speaks against it.</summary>
internal delegate Task<(RejectionCause Cause, string Why)?> ReloadGate(ConfigChange change, CancellationToken cancellationToken);
