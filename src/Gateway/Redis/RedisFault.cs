namespace Gateway.Redis;

/// <summary>Why Redis could not be used. A closed set, told apart by types and by the protocol's own error codes.</summary>
internal enum RedisFault
{
    /// <summary>Nothing answers at its address.</summary>
    Unreachable,

    /// <summary>It is connected and does not answer in time.</summary>
    Late,

    /// <summary>It wants another password, or one at all.</summary>
    WrongPassword,

    /// <summary>The user may not do what is asked.</summary>
    NoPermission,

    /// <summary>No TLS at its port, or no version in common.</summary>
    NoTls,

    /// <summary>Its certificate has expired, or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>No trusted authority stands behind its certificate.</summary>
    CertificateUntrusted,

    /// <summary>Its certificate is for another name than the endpoint's.</summary>
    CertificateOtherName,

    /// <summary>The file of the trusted authorities cannot be read.</summary>
    AuthoritiesUnreadable,

    /// <summary>It is a replica and takes no writes.</summary>
    ReadOnly,

    /// <summary>Its memory is full and its policy evicts nothing.</summary>
    Full,

    /// <summary>No sentinel knows a master of the configured name.</summary>
    NoMaster,

    /// <summary>It refused a call for another reason.</summary>
    Refused,
}
