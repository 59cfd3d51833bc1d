using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Bellman.Algorithms;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman dataset</c>: record data sets for offline learning, mix them, look at them.</summary>
internal static class DatasetCommand
{
    public static Command Create(Terminal terminal) => new("dataset", "Data sets for offline learning: record them, mix them, look at them.") { Make(terminal), Mix(terminal), Show(terminal) };

    private static Command Make(Terminal terminal)
    {
        var environment = new Option<string?>("--env") { Description = "The environment's id, options included." };
        var part = new Option<string[]>("--part") { Description = "Who acts and for how many transitions: random=10000, medium=10000 or expert=10000 (policies that are trained for it), mixed=30000 (as many of each), RUN=10000 with a run's best policy, RUN:last=10000 with its last. Several are joined.", AllowMultipleArgumentsPerToken = false };
        var output = new Option<string?>("--output") { Description = "The file to write, in D4RL's HDF5 layout." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of every random draw." };
        var algorithm = new Option<string?>("--algorithm") { Description = "What is trained for medium and expert play (default: sac for bounded continuous actions, else ppo)." };
        var steps = new Option<string?>("--train-steps") { Description = "Environment steps it is trained for (default: 20000 of sac, 100000 of others)." };
        var set = new Option<string[]>("--set") { Description = "An option of what is trained, name=value; may be repeated. Replaces the defaults for small tasks.", AllowMultipleArgumentsPerToken = false };
        var compress = new Option<bool>("--compress") { Description = "Compress the file (deflate)." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("make", "Record a data set.") { environment, part, output, seed, algorithm, steps, set, compress, runs }.WithExamples(
            "bellman dataset make --env Pendulum-v1 --part random=20000 --output random.hdf5",
            "bellman dataset make --env Pendulum-v1 --part medium=20000 --output medium.hdf5",
            "bellman dataset make --env Pendulum-v1 --part random=10000 --part latest=10000 --output mixed.hdf5");
        command.SetAction(parsed =>
        {
            var id = parsed.GetValue(environment) ?? throw new UsageException("Which environment? Add --env ID, e.g. --env Pendulum-v1; 'bellman envs' lists all of them.");
            var file = parsed.GetValue(output) ?? throw new UsageException("Where to? Add --output FILE.hdf5.");
            var wanted = parsed.GetValue(part) is { Length: > 0 } given ? given.Select(Part).ToList() : throw new UsageException("Who acts? Add --part random=10000 (or medium, expert, mixed), or --part RUN=10000 with a run's policy.");
            var store = new RunStore(parsed.GetRequiredValue(runs));
            var registry = AllEnvironments.Registry();
            var random = RandomStream.Create(parsed.GetValue(seed), "dataset");
            var generator = new DatasetGenerator(registry, id, parsed.GetValue(seed), new DatasetGeneratorOptions
            {
                Algorithm = parsed.GetValue(algorithm),
                Settings = parsed.GetValue(set) is { Length: > 0 } assignments ? TrainCommand.Merge(new Dictionary<string, string>(), assignments) : null,
                Steps = parsed.GetValue(steps) is { } count ? Quantity.Whole(count, "--train-steps", 0, 1) : null,
            }, terminal.Cancellation);
            var parts = wanted.Select((wish, index) => Record(terminal, registry, store, generator, id, wish, random.Child("part", index))).ToList();
            var data = OfflineDataset.Concatenate(parts);
            var references = wanted.Exists(wish => QualityOf(wish.Who) is { } quality && quality != DataQuality.Random) ? generator.References() : null;
            DatasetFile.Write(file, data, id, references, parsed.GetValue(compress));
            if (references is not null) { terminal.Output.WriteLine(FormattableString.Invariant($"Scale of normalised scores: a random policy returns {references.Random:0.##}, the expert {references.Expert:0.##}.")); }
            Tell(terminal, file, data, id);
            return 0;
        });
        return command;
    }

    private static Command Mix(Terminal terminal)
    {
        var good = new Option<string?>("--good") { Description = "The good data: an HDF5 file." };
        var rest = new Option<string?>("--rest") { Description = "The other data, of the same environment: an HDF5 file." };
        var ratio = new Option<string?>("--ratio") { Description = "The share of good transitions, between 0 and 1." };
        var transitions = new Option<string?>("--transitions") { Description = "Transitions in all (default: as many as the good data has)." };
        var output = new Option<string?>("--output") { Description = "The file to write, in D4RL's HDF5 layout." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the draws." };
        var command = new Command("mix", "Mix a little good data into much other data: whole episodes, drawn with replacement.") { good, rest, ratio, transitions, output, seed }.WithExamples(
            "bellman dataset mix --good expert.hdf5 --rest random.hdf5 --ratio 0.05 --output mixed.hdf5");
        command.SetAction(parsed =>
        {
            var (goodFile, restFile) = (parsed.GetValue(good) ?? throw new UsageException("Which data is good? Add --good FILE."), parsed.GetValue(rest) ?? throw new UsageException("Which other data? Add --rest FILE."));
            var file = parsed.GetValue(output) ?? throw new UsageException("Where to? Add --output FILE.hdf5.");
            var share = Quantity.Real(parsed.GetValue(ratio), "--ratio") ?? throw new UsageException("How much of it is good? Add --ratio 0.05.");
            int? total = parsed.GetValue(transitions) is { } count ? Quantity.Count(count, "--transitions", 0, 1) : null;
            var (best, other) = (DatasetFile.Read(goodFile), DatasetFile.Read(restFile));
            var (environment, second) = (DatasetFile.ReadEnvironment(goodFile), DatasetFile.ReadEnvironment(restFile));
            if (environment is not null && second is not null && environment != second) { throw new UsageException($"{goodFile} was recorded in {environment}, and {restFile} in {second}. Mix data of one environment."); }
            var data = DatasetMixer.Mix(best, other, share, RandomStream.Create(parsed.GetValue(seed), "mix"), total);
            DatasetFile.Write(file, data, environment ?? second ?? "", ReferenceReturns.OfFile(goodFile) ?? ReferenceReturns.OfFile(restFile));
            Tell(terminal, file, data, environment ?? second);
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "An HDF5 file in the D4RL or Minari layout." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("show", "Say what a data set holds, and what weighting its episodes would do.") { file, json }.WithExamples("bellman dataset show hopper_medium-v2.hdf5");
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var data = DatasetFile.Read(path);
            var environment = DatasetFile.ReadEnvironment(path);
            var references = ReferenceReturns.OfFile(path);
            var returns = data.Episodes.Select(episode => episode.Return).ToList();
            var weighted = Samplings(data).Select(sampling => (sampling.Name, Distribution: new TransitionDistribution(data, sampling.Scorer))).ToList();
            if (parsed.GetValue(json))
            {
                terminal.Json(new JsonObject
                {
                    ["environment"] = environment,
                    ["transitions"] = data.Count,
                    ["episodes"] = data.Episodes.Count,
                    ["observationSize"] = data.ObservationSize,
                    ["actionSize"] = data.ActionSize,
                    ["meanReturn"] = data.MeanReturn,
                    ["lowestReturn"] = returns.Min(),
                    ["highestReturn"] = returns.Max(),
                    ["positiveSidedVariance"] = data.PositiveSidedVariance,
                    ["terminated"] = data.Episodes.Count(episode => episode.Terminated),
                    ["randomReturn"] = references?.Random,
                    ["expertReturn"] = references?.Expert,
                    ["sampling"] = new JsonObject(weighted.Select(sampling => KeyValuePair.Create(sampling.Name, (JsonNode?)new JsonObject
                    {
                        ["meanReturn"] = sampling.Distribution.MeanReturn,
                        ["effectiveSampleSize"] = sampling.Distribution.EffectiveSampleSize,
                    }))),
                });
                return 0;
            }
            string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
            terminal.Table(["data set", path],
            [
                ["environment", environment ?? "not said"],
                ["transitions", data.Count.ToString(CultureInfo.InvariantCulture)],
                ["episodes", $"{data.Episodes.Count}, {data.Episodes.Count(episode => episode.Terminated)} of them terminated"],
                ["observations, actions", $"{data.ObservationSize}, {data.ActionSize} numbers"],
                ["returns", $"mean {Number(data.MeanReturn)}, from {Number(returns.Min())} to {Number(returns.Max())}"],
                ["normalised", references is null ? "no references known" : $"mean {Number(references.Score(data.MeanReturn))} (random {Number(references.Random)}, expert {Number(references.Expert)})"],
                ["positive-sided variance", Number(data.PositiveSidedVariance)],
                .. weighted.Select(sampling => (IReadOnlyList<string>)
                [
                    $"sampling={sampling.Name}", $"returns {Number(sampling.Distribution.MeanReturn)}, effective sample size {sampling.Distribution.EffectiveSampleSize.ToString("0", CultureInfo.InvariantCulture)}",
                ]),
            ]);
            return 0;
        });
        return command;
    }

    private static IEnumerable<(string Name, ITrajectoryScorer Scorer)> Samplings(OfflineDataset data)
    {
        yield return ("uniform", new UniformScorer());
        yield return ("return", new ReturnWeighted());
        yield return ("advantage", new AdvantageWeighted());
        if (data.Episodes.Count >= 10) { yield return ("top", new TopShare()); }
    }

    private static (string Who, int Transitions) Part(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals <= 0) { throw new UsageException($"--part {text} does not say how many transitions. Write random=10000 or RUN=10000."); }
        return (text[..equals], Quantity.Count(text[(equals + 1)..], "--part", 0, QualityOf(text[..equals]) == DataQuality.Mixed ? 3 : 1));
    }

    private static DataQuality? QualityOf(string who) => char.IsAsciiLetter(who[0]) && Enum.TryParse<DataQuality>(who, ignoreCase: true, out var quality) ? quality : null;

    private static OfflineDataset Record(Terminal terminal, EnvironmentRegistry registry, RunStore store, DatasetGenerator generator, string id, (string Who, int Transitions) wish, RandomStream random)
    {
        if (QualityOf(wish.Who) is { } quality)
        {
            if (generator.Trains(quality)) { terminal.Output.WriteLine($"{wish.Who}: training {generator.Training.Algorithm} for {generator.Training.Steps} steps."); }
            return Told(generator.Record(quality, wish.Transitions, random));
        }
        var last = wish.Who.EndsWith(Agents.LastSuffix, StringComparison.Ordinal);
        using var run = store.Open(last ? wish.Who[..^Agents.LastSuffix.Length] : wish.Who);
        if (run.Configuration.Environment != id) { throw new UsageException($"The run {run.Id} was trained in {run.Configuration.Environment}, not in {id}. Give a run of that environment."); }
        using var agent = Agents.Create(run.Configuration);
        Agents.Restore(agent, run, last, terminal.Error.WriteLine);
        return Told(DatasetRecorder.Record(() => registry.Make(id), agent.Policy, wish.Transitions, random, last ? run.Id + Agents.LastSuffix : run.Id, terminal.Cancellation));

        OfflineDataset Told(OfflineDataset data)
        {
            terminal.Output.WriteLine($"{data.Source}: {Summary(data)}");
            return data;
        }
    }

    private static void Tell(Terminal terminal, string file, OfflineDataset data, string? environment) =>
        terminal.Output.WriteLine($"{file}: {Summary(data)}. Next: bellman train iql --env {(environment is null ? "ID" : Typed.Argument(environment))} --data {Typed.Argument(file)}");

    private static string Summary(OfflineDataset data) => string.Create(CultureInfo.InvariantCulture, $"{data.Count} transitions, {data.Episodes.Count} episodes, mean return {data.MeanReturn:0.##}");
}
