using System.Globalization;
using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Language.Tasks;
using Bellman.Neural;
using TorchSharp;

namespace Bellman.Papers.LanguagePapers;

/// <summary>An arm of a paper's own configuration.</summary>
/// <param name="Arm">Name and part in the comparison.</param>
/// <param name="Method">As in <c>--method</c>: <c>grpo+thr</c>.</param>
/// <param name="Settings">Options of this arm alone, over the plan's.</param>
public sealed record FullScaleArm(Arm Arm, string Method, IReadOnlyDictionary<string, string> Settings);

/// <summary>
/// A paper's own configuration as data: started by <c>bellman reproduce SLUG --full --model FOLDER --data FILE</c>, with single options
/// replaced by <c>--set</c>. Training is <see cref="PostTraining"/> on a folder's model; measured are held-out questions.
/// </summary>
public sealed record FullScalePlan
{
    private const string StepsOption = "steps", ItemsOption = "evaluationItems", SamplesOption = "evaluationSamples", TryOption = "evaluationTries";

    /// <summary>Which model the paper starts from, and what hardware it uses.</summary>
    public required string Model { get; init; }

    /// <summary>Which data, in which form.</summary>
    public required string Data { get; init; }

    /// <summary>Method, baselines.</summary>
    public required IReadOnlyList<FullScaleArm> Arms { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required long Steps { get; init; }

    /// <summary>Options of the trainer and of the method's parts.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Questions below this level are left out, where the data has levels.</summary>
    public int MinimumLevel { get; init; } = 1;

    /// <summary>Held-out questions measured.</summary>
    public int EvaluationItems { get; init; } = 500;

    /// <summary>Samples of each at temperature 1.</summary>
    public int EvaluationSamples { get; init; } = 16;

    /// <summary>k of the reported pass@k.</summary>
    public int EvaluationTries { get; init; } = 16;

    /// <summary>What is measured.</summary>
    public static IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("greedy", "Share of held-out questions whose most likely response is right.") { Primary = true },
        new("pass-1", "Probability that a sampled response is right."),
        new("pass-k", "Probability that one of evaluationTries sampled responses is right."),
        new("length", "Mean tokens of a sampled response.", "tokens", HigherIsBetter: null),
        new("reward", "Mean reward of the last training step."),
    ];

    /// <summary>Says that nothing is gated at this size: the method minus each baseline.</summary>
    public IReadOnlyList<Claim> Claims() => [.. from method in Arms
                                                where method.Arm.Kind == ArmKind.Method
                                                from other in Arms
                                                where other.Arm.Kind == ArmKind.Baseline
                                                from metric in new[] { "greedy", "pass-1", "pass-k" }
                                                select Claim.Difference($"{method.Arm.Name} over {other.Arm.Name}, {metric}", method.Arm.Name, other.Arm.Name, metric, 0, Statistic.Mean).ReportOnly()];

    /// <summary>Exactly what is missing; null when the run can start.</summary>
    public string? Missing(FullScaleInputs inputs)
    {
        var missing = new List<string>();
        if (inputs.Model is null) { missing.Add($"--model FOLDER: {Model}, as a Hugging Face folder (config.json, safetensors, tokenizer.json)"); }
        else { missing.AddRange(new[] { "config.json", "tokenizer.json" }.Where(file => !File.Exists(Path.Combine(inputs.Model, file)) && !(file == "tokenizer.json" && File.Exists(Path.Combine(inputs.Model, "characters.json")))).Select(file => $"{file} in the folder {inputs.Model}")); }
        if (inputs.Data is null) { missing.Add($"--data FILE: {Data}"); }
        else if (!File.Exists(inputs.Data)) { missing.Add($"the file {inputs.Data}"); }
        if (inputs.HeldOut is { } heldOut && !File.Exists(heldOut)) { missing.Add($"the file {heldOut}"); }
        return missing.Count == 0 ? null : $"It lacks {string.Join("; and ", missing)}.";
    }

    /// <summary>Trains and measures an arm.</summary>
    /// <exception cref="UsageException">An option is unknown, or the data does not serve.</exception>
    public CellResult Run(Cell cell, CellContext context, FullScaleInputs inputs)
    {
        using var turn = TorchTurn.Take();
        TorchRuntime.EnsureLoaded();
        var arm = Arms.Single(candidate => candidate.Arm.Name == cell.Arm.Name);
        var settings = new Dictionary<string, string>(Settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in arm.Settings.Concat(inputs.Settings)) { settings[name] = value; }
        long Taken(string name, long usual)
        {
            if (!settings.Remove(name, out var text)) { return usual; }
            return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new UsageException($"{name} cannot be '{text}': it is a whole number from 1 up.");
        }
        var (steps, count, samples, tries) = (Taken(StepsOption, Steps), (int)Taken(ItemsOption, EvaluationItems), (int)Taken(SamplesOption, EvaluationSamples), (int)Taken(TryOption, EvaluationTries));
        tries = Math.Min(tries, samples);
        // Options of parts that an arm leaves out are not wrong for it.
        foreach (var name in settings.Keys.Where(name => OtherArms(arm).Any(key => name.StartsWith(key + ".", StringComparison.OrdinalIgnoreCase))).ToList()) { settings.Remove(name); }
        using var folder = LanguageModelFolder.Load(inputs.Model ?? "", options: torch.cuda.is_available() ? new TransformerOptions { Device = "cuda" } : null);
        var task = Read(inputs);
        using var trainer = new PostTraining(folder.Model)
            .Prompts(new TaskPromptSource(task, folder.Ask, cell.Seed))
            .Tokenizer(folder.Tokenizer, folder.EndTokens)
            .Reward(new TaskReward(formatWeight: 0))
            .Seed(cell.Seed)
            .Method(arm.Method, settings, PaperMethods.All)
            .Build();
        trainer.Cancellation = context.Cancellation;
        var last = new LastMetrics();
        var (at, rewards) = (new List<double>(), new List<double>());
        while (trainer.Steps < steps)
        {
            trainer.Advance(last);
            at.Add(trainer.Steps);
            rewards.Add(last["reward/mean"]);
            context.Report((double)trainer.Steps / steps, $"step {trainer.Steps}, reward {rewards[^1]:0.###}");
        }
        var measured = Measure(folder, task, count, samples, tries, settings, context);
        return new CellResult { Metrics = measured.Append(new("reward", rewards[^1])).ToDictionary(), Curves = [new Curve("reward", at, rewards)] };
    }

    private static IEnumerable<string> OtherArms(FullScaleArm arm) =>
        PaperMethods.All.Select(method => method.Key).Where(key => !arm.Method.Split('+').Contains(key, StringComparer.OrdinalIgnoreCase));

    private DataTask Read(FullScaleInputs inputs)
    {
        var data = inputs.Data ?? "";
        var split = inputs.HeldOut is { } other ? DataTask.Read(data, other) : DataTask.Split(data);
        IReadOnlyList<TextItem> Of(TaskSplit part)
        {
            var items = Enumerable.Range(0, (int)(split.Count(part) ?? 0)).Select(i => split.Item(part, 0, i)).ToList();
            return items.Exists(item => item.Level > 1) ? items.FindAll(item => item.Level >= MinimumLevel) : items;
        }
        return new DataTask(split.Name, Of(TaskSplit.Train), Of(TaskSplit.HeldOut));
    }

    private static Dictionary<string, double> Measure(LanguageModelFolder folder, DataTask task, int count, int samples, int tries, Dictionary<string, string> settings, CellContext context)
    {
        var items = Enumerable.Range(0, (int)Math.Min(count, task.Count(TaskSplit.HeldOut) ?? 0)).Select(i => task.Item(TaskSplit.HeldOut, 0, i)).ToList();
        if (items.Count == 0) { throw new UsageException("The data holds no questions out. Give a file of them with --held-out."); }
        var sampler = new LocalSampler(folder.Model, folder.Tokenizer);
        var options = new SamplingOptions { MaximumNewTokens = int.Parse(settings["maximumNewTokens"], CultureInfo.InvariantCulture), StopTokens = [.. folder.EndTokens] };
        IReadOnlyList<IReadOnlyList<Completion>> Draw(double temperature, int each) => sampler.Sample(
            [.. items.Select((item, i) => new SamplingPrompt(folder.Ask(item.Prompt), each, RandomStream.Create(0, "full-scale").Child("item", i)))], options with { Temperature = temperature }, context.Cancellation);
        bool Right(TextItem item, Completion response) => response.Finish != FinishReason.Length && item.Check(folder.Tokenizer.Decode(response.Tokens)).Answer >= 1;
        var (greedy, drawn) = (Draw(0, 1), Draw(1, samples));
        var right = items.Zip(drawn, (item, responses) => responses.Count(response => Right(item, response))).ToList();
        return new Dictionary<string, double>
        {
            ["greedy"] = items.Zip(greedy, (item, responses) => Right(item, responses[0]) ? 1.0 : 0).Average(),
            ["pass-1"] = right.Average(correct => PassAtK.Estimate(samples, correct, 1)),
            ["pass-k"] = right.Average(correct => PassAtK.Estimate(samples, correct, tries)),
            ["length"] = drawn.SelectMany(responses => responses).Average(response => response.Tokens.Length),
        };
    }
}

/// <summary>Keeps the last value of each measurement; NaN for what was never measured.</summary>
public sealed class LastMetrics : IMetricSink
{
    private readonly Dictionary<string, double> values = [];

    /// <summary>The last value.</summary>
    public double this[string name] => values.GetValueOrDefault(name, double.NaN);

    /// <summary>Forgets all, so that what a step does not measure is NaN.</summary>
    public void Clear() => values.Clear();

    /// <inheritdoc/>
    public void Add(string name, double value) => values[name] = value;

    /// <inheritdoc/>
    public void Episode(double episodeReturn, int length) { }
}
