using System.CommandLine;
using Bellman.Language.Data;
using Bellman.Language.Tokenizers;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman tokenizer</c>: learn a tokenizer from texts, and see what one makes of a text.</summary>
internal static class TokenizerCommand
{
    public static Command Create(Terminal terminal) => new("tokenizer", "Train a tokenizer, or see what one makes of a text.") { Train(terminal), Show(terminal) };

    private static Command Train(Terminal terminal)
    {
        var defaults = new BytePairTrainingOptions();
        var files = new Argument<string[]>("files") { Description = $"Texts: .txt files, or data files ({string.Join(", ", DataFile.Endings)}).", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output") { Description = "Folder for tokenizer.json and tokenizer_config.json.", Required = true };
        var size = new Option<int>("--size") { Description = "Tokens to learn, the 256 bytes included; more make texts shorter and models larger.", DefaultValueFactory = _ => defaults.VocabularySize };
        var columns = new Option<string[]>("--column") { Description = "Column of the data files with text; may be repeated (default: every column that is text)." };
        var command = new Command("train", "Learn a byte-level byte-pair tokenizer; the same texts give the same file.") { files, output, size, columns }
            .WithExamples("bellman tokenizer train corpus.txt --size 8000 --output my-tokenizer", "bellman tokenizer train gsm8k/train.jsonl --column question --column answer --output my-tokenizer");
        command.SetAction(parsed =>
        {
            var wanted = parsed.GetValue(columns) ?? [];
            var texts = parsed.GetRequiredValue(files).SelectMany(file => Texts(file, wanted));
            var tokenizer = BytePairTrainer.Train(texts, defaults with { VocabularySize = parsed.GetValue(size) }, terminal.Cancellation);
            tokenizer.Save(parsed.GetRequiredValue(output));
            terminal.Output.WriteLine($"{tokenizer.VocabularySize} tokens in {Path.Combine(parsed.GetRequiredValue(output), TokenizerFolder.FileName)}.");
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var folder = new Argument<string>("folder") { Description = "Folder of a model or a tokenizer." };
        var text = new Argument<string>("text") { Description = "The text." };
        var special = new Option<bool>("--special") { Description = "Read special tokens that the text writes out." };
        var command = new Command("show", "Show the tokens of a text.") { folder, text, special }
            .WithExamples("bellman tokenizer show Qwen2.5-0.5B \"Hello, world!\"");
        command.SetAction(parsed =>
        {
            var tokenizer = TokenizerFolder.Read(parsed.GetRequiredValue(folder));
            var tokens = tokenizer.Encode(parsed.GetRequiredValue(text), parsed.GetValue(special));
            terminal.Table(["id", "text"], tokens.Select(token => (IReadOnlyList<string>)[$"{token}", tokenizer.Decode([token], skipSpecial: false)]));
            terminal.Output.WriteLine($"{tokens.Length} tokens of {tokenizer.VocabularySize}.");
            return 0;
        });
        return command;
    }

    /// <summary>The texts of a file: its lines, or the wanted columns of its records.</summary>
    private static IEnumerable<string> Texts(string file, string[] wanted)
    {
        if (file.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
        {
            if (!File.Exists(file)) { throw new UsageException($"The text {file} does not exist. Give the path of a .txt file, or of a data file."); }
            return File.ReadLines(file).Select(line => line + "\n");
        }
        return DataFile.Read(file).SelectMany(row => wanted.Length > 0
            ? wanted.Select(row.Text)
            : row.Values.Select(pair => pair.Value).OfType<System.Text.Json.Nodes.JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : "").Where(text => text.Length > 0));
    }
}
