using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Gateway.Cli.Migration.Yarp;

/// <summary>Reads JSON as .NET's settings allow it, with comments and trailing commas, and keeps the lines.</summary>
internal static class YarpParser
{
    private const int DeepestNesting = 32;
    private const int MostValues = 50_000;

    /// <summary>The whole file.</summary>
    public static YarpNode Parse(string text, string file)
    {
        var bytes = Encoding.UTF8.GetBytes(text.TrimStart('\uFEFF'));
        var reader = new Utf8JsonReader(
            bytes,
            new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = DeepestNesting });
        try
        {
            var lines = new Lines(bytes, file);
            if (!reader.Read())
            {
                throw new MigrationException(new SourcePlace(file, 1), "The file is empty. Name the settings that have \"ReverseProxy\".");
            }

            var root = Value(ref reader, "", lines);
            while (reader.Read())
            {
                // What follows the value is an exception of the reader's.
            }

            return root;
        }
        catch (JsonException failure)
        {
            var reason = failure.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
            throw new MigrationException(
                new SourcePlace(file, (int)Math.Min(int.MaxValue, (failure.LineNumber ?? 0) + 1)),
                $"This is not JSON: {reason}. Check quotes, commas and braces.");
        }
    }

    private static YarpNode Value(ref Utf8JsonReader reader, string key, Lines lines)
    {
        var at = lines.Next(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                var isList = reader.TokenType == JsonTokenType.StartArray;
                var items = ImmutableArray.CreateBuilder<YarpNode>();
                while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
                {
                    var name = "";
                    if (!isList)
                    {
                        name = Text(ref reader);
                        reader.Read();
                    }

                    items.Add(Value(ref reader, name, lines));
                }

                return new YarpNode(key, at, null, items.ToImmutable(), isList);
            case JsonTokenType.True:
                return new YarpNode(key, at, "true", [], IsList: false);
            case JsonTokenType.False:
                return new YarpNode(key, at, "false", [], IsList: false);
            case JsonTokenType.Number:
                return new YarpNode(key, at, Encoding.UTF8.GetString(reader.ValueSpan), [], IsList: false);
            case JsonTokenType.String:
                return new YarpNode(key, at, Text(ref reader), [], IsList: false);
            default:
                return new YarpNode(key, at, null, [], IsList: false);
        }
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which no text can hold.
            return "";
        }
    }

    /// <summary>Counts lines up to a place that only moves on.</summary>
    private sealed class Lines(byte[] bytes, string file)
    {
        private int _at;
        private int _line = 1;
        private int _values;

        public SourcePlace Next(long index)
        {
            _line += bytes.AsSpan(_at, (int)index - _at).Count((byte)'\n');
            _at = (int)index;
            var place = new SourcePlace(file, _line);
            return ++_values <= MostValues ? place : throw new MigrationException(
                place,
                $"There are more than {MostValues:N0} values. Split the settings.");
        }
    }
}
