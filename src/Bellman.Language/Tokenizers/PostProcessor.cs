namespace Bellman.Language.Tokenizers;

/// <summary>Reads from <c>post_processor</c> of a tokenizer.json which tokens begin a text. What it appends is for training encoders and not used.</summary>
internal static class PostProcessor
{
    /// <exception cref="UsageException">A kind that is not known, or a token that does not exist.</exception>
    public static IReadOnlyList<int> StartTokens(JsonField field, HuggingFaceTokenizer tokenizer)
    {
        if (field.IsNull) { return []; }
        var type = field["type"];
        return type.Text() switch
        {
            "Sequence" => [.. field["processors"].Items().SelectMany(processor => StartTokens(processor, tokenizer))],
            "ByteLevel" => [],
            "TemplateProcessing" => [.. Template(field, tokenizer)],
            var other => throw type.Refuse($"is '{other}'; the post-processors that can be read are TemplateProcessing, ByteLevel and Sequence."),
        };
    }

    private static IEnumerable<int> Template(JsonField field, HuggingFaceTokenizer tokenizer)
    {
        foreach (var item in field["single"].Items())
        {
            if (item["SpecialToken"].IsNull) { yield break; }
            var name = item["SpecialToken"]["id"].Text();
            var token = field["special_tokens"].Required()[name].Required();
            foreach (var id in token["ids"].Items())
            {
                if (tokenizer.TextOf(id.Integer()) is null) { throw id.Refuse($"is {id.Integer()}, which is no token."); }
                yield return id.Integer();
            }
        }
    }
}
