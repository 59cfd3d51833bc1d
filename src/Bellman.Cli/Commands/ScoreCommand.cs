using System.CommandLine;
using System.Globalization;
using Bellman.Language;
using Bellman.Language.Data;
using Bellman.Language.Remote;
using Bellman.Language.Tasks;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman score</c>: how often a language model answers verifiable questions right.</summary>
internal static class ScoreCommand
{
    private const int GeneratedItems = 500;

    public static Command Create(Terminal terminal)
    {
        var model = new Option<string?>("--model") { Description = ModelArgument.Description + " With --server, the name the server knows it by." };
        var data = new Option<string?>("--data") { Description = "Questions: a .jsonl, .jsonl.gz, .json or .parquet file; GSM8K and MATH are read as they are." };
        var task = new Option<string?>("--task") { Description = $"A generated task, options included, e.g. arithmetic?level=2. Tasks: {string.Join(", ", TaskRegistry.All.Select(entry => entry.Name))}." };
        var limit = new Option<int?>("--limit") { Description = $"Questions, the first ones (default: all of a file, {GeneratedItems} of a task)." };
        var samples = new Option<int>("--samples") { Description = "Answers to each question.", DefaultValueFactory = _ => 1 };
        var tries = new Option<string?>("--k") { Description = "Tries for pass@k and maj@k, e.g. 1,4,16 (default: 1 and --samples)." };
        var set = new Option<string[]>("--set") { Description = "How answers are drawn, name=value: maximumNewTokens, temperature, topK, topP, minP, repetitionPenalty; may be repeated. Default: 512 tokens, the likeliest for one sample and temperature 1 for several." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the draws, and of a task's items." };
        var batch = new Option<int>("--batch") { Description = "Questions answered at once: more are faster and take more memory.", DefaultValueFactory = _ => 32 };
        var columns = new Option<string?>("--columns") { Description = "Columns of the file that are not called as usual, e.g. prompt=problem,answer=result." };
        var prompt = new Option<string?>("--prompt") { Description = $"How a question of a file is put, with {QuestionFile.Slot} where it goes." };
        var use = new ModelUseOptions(trains: false);
        var server = new Option<string?>("--server") { Description = "Ask an OpenAI-compatible server (vLLM, SGLang, llama.cpp, Ollama) instead, e.g. http://localhost:8000/v1; its key is read from OPENAI_API_KEY." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("score", "Measure how often a language model answers right.")
        {
            model, data, task, limit, samples, tries, set, seed, batch, columns, prompt, server, runs, json,
        }.WithExamples(
            "bellman score --model Qwen2.5-0.5B-Instruct --data gsm8k/test.jsonl --limit 100",
            "bellman score --model latest --task arithmetic?level=2 --samples 8 --k 1,8",
            "bellman score --model llama3 --server http://localhost:11434/v1 --data math500/test.parquet --prompt \"{question} Put the answer in \\boxed{}.\"");
        use.AddTo(command).SetAction(parsed =>
        {
            var count = AtLeastOne(parsed.GetValue(samples), "--samples");
            var request = new ScoreRequest
            {
                Command = "bellman " + string.Join(" ", parsed.Tokens.Select(token => token.Value)),
                Model = parsed.GetValue(model) ?? throw new UsageException("Which model? Add --model DIR, a run, or tiny."),
                Source = (parsed.GetValue(data), parsed.GetValue(task)) switch
                {
                    ({ } file, null) => file,
                    (null, { } name) => name,
                    (null, null) => throw new UsageException("What is asked? Add --data FILE or --task NAME."),
                    _ => throw new UsageException("--data and --task cannot be given together. Leave one out."),
                },
                Samples = count,
                Tries = Tries(parsed.GetValue(tries), count),
                Sampling = SamplingAssignments.Read(parsed.GetValue(set) ?? [], ("maximumNewTokens", "512"), ("temperature", count == 1 ? "0" : "1")),
                Seed = parsed.GetValue(seed),
                Batch = AtLeastOne(parsed.GetValue(batch), "--batch"),
                Json = parsed.GetValue(json),
            };
            if (parsed.GetValue(limit) is { } most) { AtLeastOne(most, "--limit"); }
            var generated = parsed.GetValue(task) is { } id ? TaskRegistry.Create(id) : null;
            var items = generated is not null
                ? [.. Enumerable.Range(0, parsed.GetValue(limit) ?? GeneratedItems).Select(index => generated.Item(TaskSplit.HeldOut, request.Seed, index))]
                : QuestionFile.Read(request.Source, parsed.GetValue(columns) is { } named ? DataColumns.Parse(named, QuestionFile.Roles) : null, parsed.GetValue(prompt) ?? QuestionFile.UsualPrompt, parsed.GetValue(limit));
            var store = new RunStore(parsed.GetRequiredValue(runs));
            if (parsed.GetValue(server) is { } address)
            {
                using var remote = RemoteModel.Connect(address, request.Model);
                return new ScoreSession(terminal, store, request, items).Run(remote.Generator());
            }
            using var folder = ModelArgument.Load(request.Model, store.Root, use.Read(parsed), generated?.Alphabet);
            return new ScoreSession(terminal, store, request, items).Run(new LocalGenerator(folder));
        });
        return command;
    }

    private static IReadOnlyList<int> Tries(string? text, int samples)
    {
        if (text is null) { return samples == 1 ? [1] : [1, samples]; }
        return [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k >= 1 && k <= samples ? k
            : throw new UsageException($"--k cannot be '{part}': each is a whole number from 1 to --samples, which is {samples}."))];
    }

    private static int AtLeastOne(int value, string name) => value >= 1 ? value : throw new UsageException($"{name} cannot be {value}: it is a whole number from 1 up.");
}
