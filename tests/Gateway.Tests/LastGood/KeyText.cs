using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Gateway.LastGood.Keys;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>What is written to a key, as a text to compare.</summary>
internal static class KeyText
{
    public delegate void Writing(ref KeyBuilder key);

    /// <summary>The text that is written; the room is small, so that most texts outgrow it.</summary>
    public static string Of(Writing write, int room = 16)
    {
        var key = new KeyBuilder(new char[room]);
        try
        {
            write(ref key);
            Assert.False(key.TooLong);
            return key.Text.ToString();
        }
        finally
        {
            key.Dispose();
        }
    }

    /// <summary>Whether what is written outgrows every key.</summary>
    public static bool IsTooLong(Writing write)
    {
        var key = new KeyBuilder(new char[16]);
        try
        {
            write(ref key);
            return key.TooLong;
        }
        finally
        {
            key.Dispose();
        }
    }

    /// <summary>What stands in a key in the place of a secret.</summary>
    public static string Digest(string secret) => "#" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>A text in which the digest of SECRET stands for <c>{SECRET}</c>.</summary>
    public static string Filled(string text) => string.Concat(text.Split('{', '}').Select((part, i) => i % 2 == 0 ? part : Digest(part)));

    /// <summary>The lines of one header; null: it is not there.</summary>
    public static StringValues Lines(string? text) => text is null ? default : new StringValues(text.Split('\n'));
}
