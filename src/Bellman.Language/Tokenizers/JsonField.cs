using System.Text.Json;

namespace Bellman.Language.Tokenizers;

/// <summary>A value of a JSON file, which knows its path there: what is missing or of another kind is refused by name.</summary>
internal readonly struct JsonField
{
    private const int MaximumDepth = 32;
    private const long MaximumBytes = 256L << 20;

    private readonly JsonElement element;
    private readonly string source;
    private readonly string path;

    private JsonField(JsonElement element, string source, string path)
    {
        this.element = element;
        this.source = source;
        this.path = path;
    }

    /// <summary>The value's place, e.g. <c>model.vocab</c>.</summary>
    public string Path => path.Length == 0 ? "the file" : $"'{path}'";

    public JsonValueKind Kind => element.ValueKind;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>Reads a whole file, of bounded size and depth.</summary>
    /// <exception cref="UsageException">It cannot be read, is too large, or is not JSON.</exception>
    public static JsonField ReadFile(string file) => Parse(ReadBytes(file), file);

    /// <summary>Reads a file's bytes, of bounded number.</summary>
    /// <exception cref="UsageException">It cannot be read or is too large.</exception>
    public static byte[] ReadBytes(string file)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length > MaximumBytes) { throw new UsageException($"{file} has {length >> 20} MiB; such a file has at most {MaximumBytes >> 20}. Check that it is the right file."); }
            return File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads JSON; <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="UsageException">It is not JSON, or nested too deeply.</exception>
    public static JsonField Parse(ReadOnlyMemory<byte> json, string source)
    {
        // Files written elsewhere may begin with a byte order mark.
        if (json.Span.StartsWith("\uFEFF"u8)) { json = json[3..]; }
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            return new JsonField(document.RootElement.Clone(), source, "");
        }
        catch (JsonException error)
        {
            throw new UsageException($"{source} is not valid JSON: {error.Message} Download or write it anew.", error);
        }
    }

    /// <summary>The member called <paramref name="name"/>; <see cref="IsNull"/> when it is missing or null.</summary>
    public JsonField this[string name]
    {
        get
        {
            if (element.ValueKind != JsonValueKind.Object) { throw Wrong("an object"); }
            var place = path.Length == 0 ? name : $"{path}.{name}";
            return new JsonField(element.TryGetProperty(name, out var value) ? value : default, source, place);
        }
    }

    /// <summary>This value, which must be there.</summary>
    public JsonField Required() => IsNull ? throw new UsageException($"{source} lacks {Path}, which is needed. The file is incomplete; download or write it anew.") : this;

    public string Text()
    {
        if (Required().element.ValueKind != JsonValueKind.String) { throw Wrong("a text"); }
        try
        {
            return element.GetString() ?? "";
        }
        catch (InvalidOperationException error)
        {
            // Half a surrogate pair written as \uD800.
            throw new UsageException($"{source}: {Path} is not valid Unicode.", error);
        }
    }

    public string? TextOrNull() => IsNull ? null : Text();

    public bool Flag(bool fallback) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => fallback,
        _ => throw Wrong("true or false"),
    };

    public int Integer() => Required().element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) ? number : throw Wrong("a whole number");

    public IEnumerable<JsonField> Items()
    {
        if (Required().element.ValueKind != JsonValueKind.Array) { throw Wrong("a list"); }
        return Enumerate(this);

        static IEnumerable<JsonField> Enumerate(JsonField list)
        {
            var index = 0;
            foreach (var item in list.element.EnumerateArray()) { yield return new JsonField(item, list.source, $"{list.path}[{index++}]"); }
        }
    }

    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (Required().element.ValueKind != JsonValueKind.Object) { throw Wrong("an object"); }
        return Enumerate(this);

        static IEnumerable<(string, JsonField)> Enumerate(JsonField members)
        {
            foreach (var member in members.element.EnumerateObject()) { yield return (Name(members, member), new JsonField(member.Value, members.source, $"{members.path}[{Name(members, member)}]")); }
        }

        static string Name(JsonField members, JsonProperty member)
        {
            try
            {
                return member.Name;
            }
            catch (InvalidOperationException error)
            {
                throw new UsageException($"{members.source}: a name in {members.Path} is not valid Unicode.", error);
            }
        }
    }

    /// <summary>The error for a value that is there but cannot be used.</summary>
    public UsageException Refuse(string problem) => new($"{source}: {Path} {problem}");

    private UsageException Wrong(string expected) =>
        IsNull ? new UsageException($"{source} lacks {Path}, which is needed. The file is incomplete; download or write it anew.")
            : Refuse($"must be {expected}; it is {Words(element.ValueKind)}.");

    private static string Words(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        _ => "true or false",
    };
}
