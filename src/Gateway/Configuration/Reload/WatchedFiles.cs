using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Gateway.Configuration.Reload;

/// <summary>
/// What is made of a few small files, made again when they change. Files that cannot be used leave the last good value in force, and an
/// alarm. Only one thread looks; reading the value never waits for the disk.
/// </summary>
internal sealed class WatchedFiles<T>
    where T : class
{
    private readonly string _what;
    private readonly ImmutableArray<string> _files;
    private readonly Func<T> _load;
    private string _hash;
    private string? _alarm;
    private T _value;

    /// <param name="what">What the alarm calls the files.</param>
    /// <param name="files">Their paths.</param>
    /// <param name="load">Makes the value of them.</param>
    /// <exception cref="CryptographicException">They cannot be used.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public WatchedFiles(string what, ImmutableArray<string> files, Func<T> load)
    {
        _what = what;
        _files = files;
        _load = load;
        _hash = HashOf();
        _value = load();
    }

    /// <summary>In force now.</summary>
    public T Value => Volatile.Read(ref _value);

    /// <summary>Why the files on disk are not in force; null: they are.</summary>
    public string? Alarm => Volatile.Read(ref _alarm);

    /// <summary>Looks once.</summary>
    /// <returns>True: another value is in force.</returns>
    public bool Look()
    {
        try
        {
            var hash = HashOf();
            if (string.Equals(hash, _hash, StringComparison.Ordinal))
            {
                Volatile.Write(ref _alarm, null);
                return false;
            }

            var value = _load();
            _hash = hash;
            Volatile.Write(ref _value, value);
            Volatile.Write(ref _alarm, null);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Half-renewed files are common: the key comes a moment after the certificate. Tried again each time.
            Volatile.Write(ref _alarm, $"The files of {_what} changed and cannot be used ({e.Message}); the last good ones stay in force.");
            return false;
        }
    }

    private string HashOf()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in _files)
        {
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
