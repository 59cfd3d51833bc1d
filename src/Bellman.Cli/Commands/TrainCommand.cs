using System.CommandLine;
using Bellman.Algorithms;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman train</c>: train an agent as a run that can be stopped, resumed, evaluated and compared.</summary>
internal static class TrainCommand
{
    private const long DefaultSteps = 100_000;

    public static Command Create(Terminal terminal)
    {
        var algorithm = new Argument<string?>("algorithm") { Description = "The algorithm, e.g. ppo; 'bellman algorithms' lists all of them.", Arity = ArgumentArity.ZeroOrOne };
        var environment = new Option<string?>("--env") { Description = "The environment's id, options included, e.g. FrozenLake-v1?map=8x8." };
        var steps = new Option<string?>("--steps") { Description = $"Environment steps (default {DefaultSteps}); 1e6 and 1_000_000 are understood." };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of every random draw (default 0)." };
        var set = new Option<string[]>("--set") { Description = "An option of the algorithm, name=value; may be repeated.", AllowMultipleArgumentsPerToken = false };
        var data = new Option<string?>("--data") { Description = "The data set of an offline algorithm (bc, td3-bc, iql, awac, cql, edac, decision-transformer, mopo, ravl): an HDF5 file in the D4RL or Minari layout; the same as --set data=. A step is then an update." };
        var expert = new Option<string?>("--expert") { Description = "The expert of an imitator (dagger, hg-dagger): a run of the same environment with its best policy, or RUN:last with its last; the same as --set expert=FOLDER." };
        var engine = new Option<string?>("--engine") { Description = "What computes the networks: auto (by size, the default), simd (our kernels) or torch; the same as --set engine=. Results agree." };
        var config = new Option<string?>("--config") { Description = "YAML file with algorithm, environment, steps, seed, options; the command line wins over it." };
        var resume = new Option<string?>("--resume") { Description = "Continue this run (id, beginning of an id, folder, or latest) from its newest checkpoint." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var checkpointEvery = new Option<string?>("--checkpoint-every") { Description = "Steps between checkpoints (default: a tenth of the run)." };
        var evaluateEvery = new Option<string?>("--evaluate-every") { Description = "Steps between evaluations, by which the best checkpoint is chosen (default: a tenth of the run; 0 for none)." };
        var evaluationEpisodes = new Option<string?>("--evaluation-episodes") { Description = "Episodes of an evaluation (default 20)." };
        var stopAtReturn = new Option<string?>("--stop-at-return") { Description = "End early, once an evaluation reaches this mean return." };
        var command = new Command("train", "Train an agent.")
        {
            algorithm, environment, steps, seed, data, expert, set, engine, config, resume, runs, checkpointEvery, evaluateEvery, evaluationEpisodes, stopAtReturn,
        }.WithExamples(
            "bellman train ppo --env CartPole-v1 --steps 100000 --seed 1",
            "bellman train dqn --env CartPole-v1 --set learningRate=5e-4 --set hidden=256,256",
            "bellman train cma-es --env CartPole-v1 --steps 1e6 --stop-at-return 475",
            "bellman train iql --env Pendulum-v1 --data pendulum.hdf5 --steps 20000",
            "bellman train td3-bc --env Pendulum-v1 --data pendulum.hdf5 --set sampling=advantage",
            "bellman train dagger --env CartPole-v1 --expert latest --steps 5000",
            "bellman train --config cartpole.yaml",
            "bellman train --resume latest");
        command.SetAction(parsed =>
        {
            var store = new RunStore(parsed.GetRequiredValue(runs));
            if (parsed.GetValue(resume) is { } name)
            {
                foreach (var option in new Option[] { environment, steps, seed, data, expert, set, engine, config, stopAtReturn })
                {
                    if (parsed.GetResult(option) is { Implicit: false }) { throw new UsageException($"{option.Name} cannot be changed when a run is resumed: it would no longer be that run. Leave it out, or train anew."); }
                }
                return Resume(terminal, store, name);
            }
            var file = parsed.GetValue(config) is { } path ? RunFile.Read(path) : new RunFile(new Dictionary<string, string>(), new Dictionary<string, string>());
            string? Given(string? onCommandLine, string key) => onCommandLine ?? file.Values.GetValueOrDefault(key);
            // A data set may say where it was recorded.
            string? Recorded() => parsed.GetValue(data)?.Split(',')[0] is { } first && File.Exists(first) ? DatasetFile.ReadEnvironment(first) : null;
            var total = Quantity.Whole(Given(parsed.GetValue(steps), "steps"), "--steps", DefaultSteps, 1);
            var configuration = new RunConfiguration
            {
                Algorithm = Given(parsed.GetValue(algorithm), "algorithm") ?? throw new UsageException($"Which algorithm? Write bellman train ALGORITHM --env ID. There are: {string.Join(", ", Agents.Algorithms.Select(entry => entry.Name))}."),
                Environment = Given(parsed.GetValue(environment), "environment") ?? Recorded() ?? throw new UsageException("Which environment? Add --env ID, e.g. --env CartPole-v1; 'bellman envs' lists all of them."),
                Steps = total,
                Seed = parsed.GetValue(seed) ?? (ulong)Quantity.Whole(file.Values.GetValueOrDefault("seed"), "seed", 0, 0),
                Options = Merge(file.Options, [.. parsed.GetValue(set) ?? [], .. Assigned("engine", parsed.GetValue(engine)), .. Assigned("data", parsed.GetValue(data) is { } files ? string.Join(',', files.Split(',').Select(Path.GetFullPath)) : null), .. Assigned("expert", parsed.GetValue(expert) is { } teacher ? Folder(store, teacher) : null)]),
                CheckpointEvery = Quantity.Whole(Given(parsed.GetValue(checkpointEvery), "checkpointEvery"), "--checkpoint-every", Math.Max(1, total / 10), 1),
                EvaluateEvery = Quantity.Whole(Given(parsed.GetValue(evaluateEvery), "evaluateEvery"), "--evaluate-every", Math.Max(1, total / 10), 0),
                EvaluationEpisodes = Quantity.Count(Given(parsed.GetValue(evaluationEpisodes), "evaluationEpisodes"), "--evaluation-episodes", 20, 1),
                StopAtReturn = Quantity.Real(Given(parsed.GetValue(stopAtReturn), "stopAtReturn"), "--stop-at-return"),
            };
            if (configuration is { StopAtReturn: not null, EvaluateEvery: 0 }) { throw new UsageException("--stop-at-return needs evaluations. Leave --evaluate-every 0 out, or stop by --steps."); }
            // Everything is checked before a folder is made.
            using var agent = Agents.Create(configuration);
            using var run = store.Create(configuration, "bellman " + string.Join(" ", parsed.Tokens.Select(token => token.Value)));
            return Train(terminal, store, run, agent, resume: false);
        });
        return command;
    }

    private static int Resume(Terminal terminal, RunStore store, string name)
    {
        using var run = store.Open(name);
        using var agent = Agents.Create(run.Configuration);
        return Train(terminal, store, run, agent, resume: true);
    }

    private static int Train(Terminal terminal, RunStore store, Run run, IAgent agent, bool resume)
    {
        if (agent is IOfflineAgent { Experience: var experience }) { ShowSampling(terminal, experience); }
        using var display = new TrainingDisplay(terminal);
        var session = new TrainingSession(store, run, agent, display);
        if (resume)
        {
            var from = session.Resume(terminal.Error.WriteLine);
            terminal.Output.WriteLine(from is null ? "No checkpoint had been written; training from the beginning." : $"Continuing {run.Id} from step {from}.");
        }
        else
        {
            terminal.Output.WriteLine($"Run {run.Id} in {run.Folder}");
        }
        var end = session.Train(run.Configuration.Steps, terminal.Cancellation);
        display.Dispose();
        TrainingReport.Write(run);
        terminal.Output.WriteLine(end.Status == RunStatus.Finished
            ? $"Finished {agent.Steps} steps in {end.Seconds:0.0} s.{(double.IsFinite(end.Best) ? $" Best evaluation {end.Best:0.##}." : "")} Next: bellman evaluate {run.Id}"
            : $"Stopped at step {agent.Steps} with a checkpoint. Continue with: bellman train --resume {run.Id}");
        return end.Status == RunStatus.Finished ? 0 : CommandLine.Interrupted;
    }

    private static void ShowSampling(Terminal terminal, OfflineExperience experience)
    {
        foreach (var warning in experience.Warnings) { terminal.Error.WriteLine(warning); }
        if (experience.Distribution is not { } distribution) { return; }
        terminal.Output.WriteLine(FormattableString.Invariant(
            $"Episodes are weighted: transitions drawn are of episodes that return {distribution.MeanReturn:0.##} on average ({experience.Data.MeanReturn:0.##} an episode recorded); effective sample size {distribution.EffectiveSampleSize:0} of {experience.Data.Count}, positive-sided variance {experience.Data.PositiveSidedVariance:0.##}."));
    }

    /// <summary>A run's folder, which stays true when the run is resumed from elsewhere.</summary>
    private static string Folder(RunStore store, string name)
    {
        var last = name.EndsWith(Agents.LastSuffix, StringComparison.Ordinal);
        using var run = store.Open(last ? name[..^Agents.LastSuffix.Length] : name);
        return Path.GetFullPath(run.Folder) + (last ? Agents.LastSuffix : "");
    }

    private static string[] Assigned(string name, string? value) => value is null ? [] : [$"{name}={value}"];

    internal static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> fromFile, IEnumerable<string> assignments)
    {
        var merged = new Dictionary<string, string>(fromFile);
        var given = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) { throw new UsageException($"--set {assignment} is not an option. Write --set name=value."); }
            var name = assignment[..equals];
            if (!given.Add(name)) { throw new UsageException($"--set {name} was given twice. Give it once."); }
            foreach (var key in merged.Keys.Where(key => key.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList()) { merged.Remove(key); }
            merged[name] = assignment[(equals + 1)..];
        }
        return merged;
    }
}
