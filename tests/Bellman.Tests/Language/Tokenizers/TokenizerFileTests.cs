using System.Text;
using System.Text.Json.Nodes;
using Bellman.Language.Tokenizers;
using Bellman.Tests.Cli;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Language.Tokenizers;

/// <summary>Files that are damaged, incomplete or hostile are refused by name, and cost little.</summary>
public sealed class TokenizerFileTests
{
    [Theory]
    [InlineData("""{}""", "'model'")]
    [InlineData("""[]""", "must be an object")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[]}}""", "'model.type' is 'Unigram'")]
    [InlineData("""{"model":{"type":"BPE","merges":[]}}""", "'model.vocab'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{},"merges":[]}}""", "is empty")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}}}""", "'model.merges'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "ids are 0 to")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}""", "ids are 0 to")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1e99},"merges":[]}}""", "whole number")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "'b', which is not in the vocabulary")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "pair")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}""", "random")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}}""", "'model.unk_token'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}""", "not valid Unicode")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}}""", "expression")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"a"},"behavior":"Burned"}}""", "Isolated")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"BertPreTokenizer"}}""", "ByteLevel")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"NFKC"}}""", "NFC")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"WordPiece"}}""", "ByteFallback")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"BertProcessing"}}""", "TemplateProcessing")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1}]}""", "'added_tokens[0].content'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":""}]}""", "is empty")]
    [InlineData("""{"model": not""", "not valid JSON")]
    public void What_cannot_be_used_is_refused_by_name(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_json_bomb_is_refused() =>
        Assert.Contains("not valid JSON", Assert.Throws<UsageException>(() => HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(new string('[', 1_000_000)))).Message, StringComparison.Ordinal);

    [Fact]
    public void An_expression_that_explodes_is_stopped()
    {
        var json = """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a+)+b"},"behavior":"Isolated"}}""";
        var tokenizer = HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(json));
        Assert.Contains("takes longer", Assert.Throws<UsageException>(() => tokenizer.Encode(new string('a', 100))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mutated_file_is_read_or_refused_and_nothing_else()
    {
        byte[][] files = [.. ReferenceTokenizers.Names.Select(ReferenceTokenizers.File)];
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[0, 3]).Array[1, 4]).Sample((which, edits) =>
        {
            var bytes = files[which].ToList();
            foreach (var (at, value, kind) in edits)
            {
                var place = at % bytes.Count;
                if (kind == 0) { bytes[place] = value; }
                else if (kind == 1) { bytes.RemoveAt(place); }
                else if (kind == 2) { bytes.Insert(place, value); }
                else { bytes.RemoveRange(place, Math.Min(value, bytes.Count - place - 1)); }
            }
            ReadOrRefuse([.. bytes]);
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void A_file_with_a_value_of_another_kind_is_read_or_refused_and_nothing_else()
    {
        var root = JsonNode.Parse(ReferenceTokenizers.File("llama2")) ?? throw new InvalidOperationException();
        (root["model"] as JsonObject ?? [])["merges"] = new JsonArray("▁ t");
        (root["model"] as JsonObject ?? [])["vocab"] = new JsonObject { ["▁"] = 0, ["t"] = 1, ["▁t"] = 2, ["<unk>"] = 3, ["<s>"] = 4 };
        var paths = Paths(root).ToList();
        string[] values = ["null", "true", "-1", "1e400", "99999999999", "\"\"", "\"x\"", "[]", "{}", "[[]]", "{\"type\":\"Sequence\"}"];
        foreach (var path in paths)
        {
            foreach (var value in values)
            {
                var copy = root.DeepClone();
                var parent = path.SkipLast(1).Aggregate(copy, (node, step) => (step is int index ? node?[index] : node?[(string)step]) ?? throw new InvalidOperationException());
                if (path[^1] is int at) { parent[at] = JsonNode.Parse(value); } else { parent[(string)path[^1]] = JsonNode.Parse(value); }
                ReadOrRefuse(Encoding.UTF8.GetBytes(copy.ToJsonString()));
            }
        }
    }

    [Fact]
    public void A_folder_gives_the_end_tokens_that_its_files_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "tokenizer.json"), ReferenceTokenizers.File("qwen2"));
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer_config.json"), """{"eos_token": {"content": "<|im_end|>"}, "pad_token": "<|endoftext|>", "chat_template": "x"}""");
        var reference = ReferenceTokenizers.Tokenizer("qwen2");
        var (end, pad) = (reference.Find("<|im_end|>") ?? -1, reference.Find("<|endoftext|>") ?? -1);
        File.WriteAllText(Path.Combine(folder.Path, "generation_config.json"), $$"""{"eos_token_id": [{{end}}, {{pad}}]}""");
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), """{"eos_token_id": 5}""");
        var tokenizer = TokenizerFolder.Read(folder.Path);
        Assert.Equal([end, pad], tokenizer.EndTokens);
        Assert.Equal(pad, tokenizer.PaddingToken);
        Assert.Equal("x", TokenizerFolder.ChatTemplateText(folder.Path));
        File.Delete(Path.Combine(folder.Path, "generation_config.json"));
        Assert.Equal([end, 5], TokenizerFolder.Read(folder.Path).EndTokens);
        File.WriteAllText(Path.Combine(folder.Path, "special_tokens_map.json"), """{"eos_token": "<gone>"}""");
        Assert.Contains("'<gone>'", Assert.Throws<UsageException>(() => TokenizerFolder.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_refused_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("has no tokenizer.json", Assert.Throws<UsageException>(() => TokenizerFolder.Read(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<UsageException>(() => TokenizerFolder.Read(Path.Combine(folder.Path, "no"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_character_tokenizer_is_the_same_in_its_own_file_and_as_a_tokenizer_json()
    {
        var characters = new CharacterTokenizer("0123456789+-*/=;😀é \n\"\\");
        using var folder = new TemporaryFolder();
        characters.Save(folder.Path);
        var own = TokenizerFolder.Read(folder.Path);
        characters.Export(folder.Path);
        var exported = TokenizerFolder.Read(folder.Path);
        foreach (var tokenizer in new[] { own, exported })
        {
            Assert.Equal(characters.VocabularySize, tokenizer.VocabularySize);
            Assert.Equal(characters.EndTokens, tokenizer.EndTokens);
            Assert.Equal(characters.PaddingToken, tokenizer.PaddingToken);
            foreach (var text in new[] { "12+3=;15", "😀é \n\"\\", "", "1<|end|>" })
            {
                if (text.Contains('<', StringComparison.Ordinal)) { Assert.Throws<UsageException>(() => tokenizer.Encode(text)); }
                Assert.Equal(characters.Encode(text, allowSpecial: true), tokenizer.Encode(text, allowSpecial: true));
                Assert.Equal(characters.Decode(characters.Encode(text, true)), tokenizer.Decode(tokenizer.Encode(text, true)));
            }
        }
    }

    private static void ReadOrRefuse(byte[] json)
    {
        try
        {
            var tokenizer = HuggingFaceTokenizer.Parse(json);
            tokenizer.Decode(tokenizer.Encode("Hello 123 you\n<s>", allowSpecial: true));
        }
        catch (UsageException refusal)
        {
            Assert.True(refusal.Message.Length > 20, refusal.Message);
        }
    }

    private static IEnumerable<List<object>> Paths(JsonNode node) => node switch
    {
        JsonObject members => members.SelectMany(member => Below(member.Key, member.Value)),
        JsonArray items => items.SelectMany((item, index) => Below(index, item)),
        _ => [],
    };

    private static IEnumerable<List<object>> Below(object step, JsonNode? node)
    {
        yield return [step];
        if (node is null) { yield break; }
        foreach (var path in Paths(node)) { yield return [step, .. path]; }
    }
}
