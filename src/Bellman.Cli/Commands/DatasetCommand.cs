using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman dataset</c>: record data sets for offline learning, and look at them.</summary>
internal static class DatasetCommand
{
    private const string RandomPart = "random";
    private const string LastSuffix = ":last";

    public static Command Create(Terminal terminal) => new("dataset", "Data sets for offline learning: record them, look at them.") { Make(terminal), Show(terminal) };

    private static Command Make(Terminal terminal)
    {
        var environment = new Option<string?>("--env") { Description = "The environment's id, options included." };
        var part = new Option<string[]>("--part") { Description = "Who acts and for how many transitions: random=10000, or RUN=10000 with a run's best policy, RUN:last=10000 with its last. Several are joined.", AllowMultipleArgumentsPerToken = false };
        var output = new Option<string?>("--output") { Description = "The file to write, in D4RL's HDF5 layout." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of every random draw." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("make", "Record a data set.") { environment, part, output, seed, runs }.WithExamples(
            "bellman dataset make --env Pendulum-v1 --part random=20000 --output random.hdf5",
            "bellman dataset make --env Pendulum-v1 --part random=10000 --part latest=10000 --output mixed.hdf5");
        command.SetAction(parsed =>
        {
            var id = parsed.GetValue(environment) ?? throw new UsageException("Which environment? Add --env ID, e.g. --env Pendulum-v1; 'bellman envs' lists all of them.");
            var file = parsed.GetValue(output) ?? throw new UsageException("Where to? Add --output FILE.hdf5.");
            var wanted = parsed.GetValue(part) is { Length: > 0 } given ? given.Select(Part).ToList() : throw new UsageException("Who acts? Add --part random=10000, or --part RUN=10000 with a run's policy.");
            var store = new RunStore(parsed.GetRequiredValue(runs));
            var registry = AllEnvironments.Registry();
            var random = RandomStream.Create(parsed.GetValue(seed), "dataset");
            var parts = wanted.Select((wish, index) => Record(terminal, registry, store, id, wish, random.Child("part", index))).ToList();
            var data = OfflineDataset.Concatenate(parts);
            DatasetFile.Write(file, data, id);
            terminal.Output.WriteLine($"{file}: {Summary(data)}. Next: bellman train iql --env {Typed.Argument(id)} --data {Typed.Argument(file)}");
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "An HDF5 file in the D4RL or Minari layout." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("show", "Say what a data set holds.") { file, json }.WithExamples("bellman dataset show hopper_medium-v2.hdf5");
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var data = DatasetFile.Read(path);
            var environment = DatasetFile.ReadEnvironment(path);
            var returns = data.Episodes.Select(episode => episode.Return).ToList();
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
                ["positive-sided variance", Number(data.PositiveSidedVariance)],
            ]);
            return 0;
        });
        return command;
    }

    private static (string Who, int Transitions) Part(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals <= 0) { throw new UsageException($"--part {text} does not say how many transitions. Write random=10000 or RUN=10000."); }
        return (text[..equals], Quantity.Count(text[(equals + 1)..], "--part", 0, 1));
    }

    private static OfflineDataset Record(Terminal terminal, EnvironmentRegistry registry, RunStore store, string id, (string Who, int Transitions) wish, RandomStream random)
    {
        if (wish.Who == RandomPart)
        {
            var environment = registry.Make(id);
            return Told(DatasetRecorder.Record(() => registry.Make(id), new RandomPolicy(environment.ActionSpace, random.Child("policy")), wish.Transitions, random, RandomPart, terminal.Cancellation));
        }
        var last = wish.Who.EndsWith(LastSuffix, StringComparison.Ordinal);
        using var run = store.Open(last ? wish.Who[..^LastSuffix.Length] : wish.Who);
        if (run.Configuration.Environment != id) { throw new UsageException($"The run {run.Id} was trained in {run.Configuration.Environment}, not in {id}. Give a run of that environment."); }
        using var agent = Agents.Create(run.Configuration);
        Agents.Restore(agent, run, last, terminal.Error.WriteLine);
        return Told(DatasetRecorder.Record(() => registry.Make(id), agent.Policy, wish.Transitions, random, last ? run.Id + LastSuffix : run.Id, terminal.Cancellation));

        OfflineDataset Told(OfflineDataset data)
        {
            terminal.Output.WriteLine($"{data.Source}: {Summary(data)}");
            return data;
        }
    }

    private static string Summary(OfflineDataset data) => string.Create(CultureInfo.InvariantCulture, $"{data.Count} transitions, {data.Episodes.Count} episodes, mean return {data.MeanReturn:0.##}");
}
