using System.Security.Cryptography;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Reading;

/// <summary>The bytes of a configuration file, read with a bound, or the reason why they could not be read.</summary>
internal sealed record ConfigFile
{
    /// <summary>Larger files are refused unread: a configuration of a thousand routes has a tenth of this.</summary>
    public const int LargestSize = 4 * 1024 * 1024;

    /// <summary>As the operator named it; problems repeat it.</summary>
    public required string Path { get; init; }

    /// <summary>Empty when <see cref="Failure"/> is set.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>Why there are no bytes; null when there are.</summary>
    public string? Failure { get; init; }

    /// <summary>SHA-256 in lower-case hexadecimal; empty when the file could not be read.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Reads the whole file once. Never throws.</summary>
    public static ConfigFile Read(string path)
    {
        try
        {
            // Shared for writing and deleting: an editor that saves must not fail because the gateway looks.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            using var content = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var count = stream.Read(buffer, 0, buffer.Length);
                if (count == 0)
                {
                    return Of(path, content.ToArray());
                }

                content.Write(buffer, 0, count);
                if (content.Length > LargestSize)
                {
                    return new ConfigFile
                    {
                        Path = path,
                        Failure =
                            $"The file is larger than {SizeText.Format(LargestSize)}. Name the gateway's own configuration file, or split "
                                + $"what it does over several gateways."
                    };
                }
            }
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ConfigFile { Path = path, Failure = "There is no such file. Name an existing one, or put it there." };
        }
        catch (UnauthorizedAccessException)
        {
            var isFolder = Directory.Exists(path);
            return new ConfigFile
            {
                Path = path,
                Failure = isFolder
                    ? "This is a folder. Name the configuration file in it."
                    : "The file may not be read by the user that the gateway runs as. Allow it, for example by chmod.",
            };
        }
        catch (Exception failure) when (failure is IOException or NotSupportedException or ArgumentException
            or System.Security.SecurityException)
        {
            return new ConfigFile { Path = path, Failure = $"The file cannot be read: {failure.GetType().Name}. Name a readable file." };
        }
    }

    /// <summary>Bytes that were read elsewhere.</summary>
    public static ConfigFile Of(string path, byte[] content) =>
        new() { Path = path, Content = content, Hash = Convert.ToHexStringLower(SHA256.HashData(content)) };
}
