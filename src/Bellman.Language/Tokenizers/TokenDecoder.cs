using System.Globalization;
using System.Text;

namespace Bellman.Language.Tokenizers;

/// <summary>A step from the texts of tokens back to text.</summary>
internal interface ITokenDecoder
{
    List<string> Apply(List<string> tokens);
}

/// <summary>Reads <c>decoder</c> of a tokenizer.json.</summary>
internal static class TokenDecoder
{
    /// <exception cref="UsageException">A kind that is not known, or a field that is missing or wrong.</exception>
    public static IReadOnlyList<ITokenDecoder> Read(JsonField field)
    {
        // Without a decoder, tokens are words.
        if (field.IsNull) { return [new Spaced()]; }
        var type = field["type"];
        return type.Text() switch
        {
            "Sequence" => [.. field["decoders"].Items().SelectMany(Read)],
            "ByteLevel" => [new ByteLevel()],
            "ByteFallback" => [new Bytes()],
            "Fuse" => [new Fused()],
            "Replace" => [new Replaced(new TextPattern(field["pattern"]), field["content"].Text())],
            "Strip" => [Stripped.Read(field)],
            "Metaspace" => [new Metaspace(field["replacement"].TextOrNull() ?? "▁", field["prepend_scheme"].TextOrNull() ?? (field["add_prefix_space"].Flag(true) ? "always" : "never"))],
            var other => throw type.Refuse($"is '{other}'; the decoders that can be read are ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace and Sequence."),
        };
    }

    private sealed record Spaced : ITokenDecoder
    {
        public List<string> Apply(List<string> tokens) => [string.Join(" ", tokens)];
    }

    private sealed record Fused : ITokenDecoder
    {
        public List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
    }

    private sealed record ByteLevel : ITokenDecoder
    {
        public List<string> Apply(List<string> tokens)
        {
            var bytes = new List<byte>();
            foreach (var token in tokens) { ByteAlphabet.Read(token, bytes); }
            return [Encoding.UTF8.GetString([.. bytes])];
        }
    }

    /// <summary>Tokens such as &lt;0xE2&gt; are bytes; those that form no character become one U+FFFD each.</summary>
    private sealed record Bytes : ITokenDecoder
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public List<string> Apply(List<string> tokens)
        {
            var (texts, pending) = (new List<string>(), new List<byte>());
            foreach (var token in tokens)
            {
                if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                    && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                {
                    pending.Add(value);
                    continue;
                }
                Flush(pending, texts);
                texts.Add(token);
            }
            Flush(pending, texts);
            return texts;
        }

        private static void Flush(List<byte> pending, List<string> texts)
        {
            if (pending.Count == 0) { return; }
            try
            {
                texts.Add(Strict.GetString([.. pending]));
            }
            catch (DecoderFallbackException)
            {
                texts.AddRange(Enumerable.Repeat("\uFFFD", pending.Count));
            }
            pending.Clear();
        }
    }

    private sealed record Replaced(TextPattern Pattern, string Content) : ITokenDecoder
    {
        public List<string> Apply(List<string> tokens) => [.. tokens.Select(token => Pattern.Replace(token, Content))];
    }

    /// <summary>Up to a number of a character cut from each token's ends.</summary>
    private sealed record Stripped(string Content, int Start, int Stop) : ITokenDecoder
    {
        public static Stripped Read(JsonField field)
        {
            var content = field["content"].Text();
            return content.Length is 1 or 2 ? new Stripped(content, field["start"].Integer(), field["stop"].Integer()) : throw field["content"].Refuse("must be one character.");
        }

        public List<string> Apply(List<string> tokens) => [.. tokens.Select(Strip)];

        private string Strip(string token)
        {
            for (var i = 0; i < Start && token.StartsWith(Content, StringComparison.Ordinal); i++) { token = token[Content.Length..]; }
            for (var i = 0; i < Stop && token.EndsWith(Content, StringComparison.Ordinal); i++) { token = token[..^Content.Length]; }
            return token;
        }
    }

    private sealed record Metaspace(string Replacement, string Scheme) : ITokenDecoder
    {
        public List<string> Apply(List<string> tokens) => [.. tokens.Select((token, index) =>
        {
            var first = index == 0 && Scheme != "never" && token.StartsWith(Replacement, StringComparison.Ordinal);
            return (first ? token[Replacement.Length..] : token).Replace(Replacement, " ", StringComparison.Ordinal);
        })];
    }
}
