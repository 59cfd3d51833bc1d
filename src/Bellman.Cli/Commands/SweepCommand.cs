using System.CommandLine;
using Bellman.Runs;
using Bellman.Sweeps;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman sweep</c>: try many settings of an algorithm, several at a time, and rank them.</summary>
internal static class SweepCommand
{
    private const string SweepsFolder = "sweeps";
    private const long DefaultSteps = 100_000;

    public static Command Create(Terminal terminal)
    {
        var algorithm = new Argument<string?>("algorithm") { Description = "The algorithm, e.g. ppo.", Arity = ArgumentArity.ZeroOrOne };
        var environment = new Option<string?>("--env") { Description = "The environment's id, options included." };
        var steps = new Option<string?>("--steps") { Description = $"Environment steps of a trial (default {DefaultSteps})." };
        var set = new Option<string[]>("--set")
        {
            Description = "What an option is set to: a value, uniform(low,high), log(low,high) for a number uniform in its logarithm, or values separated by '|'. May be repeated; quote it, the shell has uses of its own for brackets and bars.",
            AllowMultipleArgumentsPerToken = false,
        };
        var trials = new Option<string?>("--trials") { Description = "Combinations to try (default 16)." };
        var seeds = new Option<string?>("--seeds") { Description = "Seeds each combination is run with (default 1); trials are ranked by the mean." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the draws and first seed of the runs (default 0): the same seed tries the same combinations." };
        var halving = new Option<string?>("--halving") { Description = "Successive halving: train all trials a little, keep the best one in this many (at least 2), train these longer, and so on." };
        var jobs = new Option<int>("--jobs") { Description = "Runs trained at the same time (default: the processor's cores).", DefaultValueFactory = _ => Environment.ProcessorCount };
        var evaluateEvery = new Option<string?>("--evaluate-every") { Description = "Steps between evaluations, by which trials are ranked (default: a tenth of a trial)." };
        var evaluationEpisodes = new Option<string?>("--evaluation-episodes") { Description = "Episodes of an evaluation (default 20)." };
        var name = new Option<string?>("--name") { Description = "The sweep's name (default: time, algorithm and environment)." };
        var resume = new Option<string?>("--resume") { Description = "Continue this sweep (name, folder, or latest): what is finished is kept, what was running goes on from its checkpoints." };
        var runs = new Option<string>("--runs") { Description = $"Folder of runs; sweeps lie in {SweepsFolder} within it.", DefaultValueFactory = _ => "runs" };
        var command = new Command("sweep", "Search an algorithm's options: random search, or successive halving. Each trial is an ordinary run.")
        {
            algorithm, environment, steps, set, trials, seeds, seed, halving, jobs, evaluateEvery, evaluationEpisodes, name, resume, runs,
        }.WithExamples(
            "bellman sweep ppo --env CartPole-v1 --steps 50000 --trials 16 --set 'learningRate=log(1e-4,1e-2)' --set 'hidden=32,32|64,64'",
            "bellman sweep dqn --env CartPole-v1 --trials 27 --halving 3 --seeds 2 --set 'learningRate=log(1e-4,1e-2)' --set 'gamma=uniform(0.9,0.999)'",
            "bellman sweep --resume latest",
            "bellman evaluate trial-003-s0 --runs runs/sweeps/NAME");
        command.SetAction(parsed =>
        {
            var root = Path.Combine(parsed.GetRequiredValue(runs), SweepsFolder);
            var parallel = parsed.GetValue(jobs);
            if (parallel < 1) { throw new UsageException($"--jobs cannot be {parallel}: it is a whole number from 1 up."); }
            if (parsed.GetValue(resume) is { } wanted)
            {
                foreach (var option in new Option[] { environment, steps, set, trials, seeds, seed, halving, name, evaluateEvery, evaluationEpisodes })
                {
                    if (parsed.GetResult(option) is { Implicit: false }) { throw new UsageException($"{option.Name} cannot be changed when a sweep is resumed: its trials would no longer be comparable. Leave it out, or begin a new sweep."); }
                }
                using var existing = SweepFolder.Open(root, wanted);
                terminal.Output.WriteLine($"Continuing sweep {existing.Name}");
                return Run(terminal, existing, parallel);
            }
            var total = Quantity.Whole(parsed.GetValue(steps), "--steps", DefaultSteps, 1);
            var definition = new SweepDefinition
            {
                Algorithm = parsed.GetValue(algorithm) ?? throw new UsageException($"Which algorithm? Write bellman sweep ALGORITHM --env ID --set name=range. There are: {string.Join(", ", Agents.Algorithms.Select(entry => entry.Name))}."),
                Environment = parsed.GetValue(environment) ?? throw new UsageException("Which environment? Add --env ID, e.g. --env CartPole-v1; 'bellman envs' lists all of them."),
                Steps = total,
                Trials = Quantity.Count(parsed.GetValue(trials), "--trials", 16, 1),
                Seeds = Quantity.Count(parsed.GetValue(seeds), "--seeds", 1, 1),
                Seed = parsed.GetValue(seed),
                Set = parsed.GetValue(set) ?? [],
                Halving = parsed.GetValue(halving) is { } factor ? Quantity.Count(factor, "--halving", 0, 2) : null,
                EvaluateEvery = Quantity.Whole(parsed.GetValue(evaluateEvery), "--evaluate-every", Math.Max(1, total / 10), 1),
                EvaluationEpisodes = Quantity.Count(parsed.GetValue(evaluationEpisodes), "--evaluation-episodes", 20, 1),
                Command = "bellman " + string.Join(" ", parsed.Tokens.Select(token => token.Value)),
            };
            // Everything is checked before a folder is made.
            Check(definition);
            using var sweep = SweepFolder.Create(root, parsed.GetValue(name) ?? DefaultName(definition), definition);
            terminal.Output.WriteLine($"Sweep {sweep.Name} in {sweep.Folder}");
            return Run(terminal, sweep, parallel);
        });
        return command;
    }

    private static SearchSpace Space(SweepDefinition definition) => new(Agents.Find(definition.Algorithm).Options, definition.Set);

    private static void Check(SweepDefinition definition)
    {
        var space = Space(definition);
        if (definition.Trials > 1 && space.Searched.Count == 0)
        {
            throw new UsageException("There is nothing to search: no option varies. Add a range, e.g. --set 'learningRate=log(1e-4,1e-2)', or train with bellman train.");
        }
        for (var trial = 0; trial < definition.Trials; trial++) { space.Draw(definition.Seed, trial); }
        // Whether the algorithm can act in the environment at all does not depend on the trial.
        using var agent = Agents.Create(new RunConfiguration
        {
            Algorithm = definition.Algorithm,
            Environment = definition.Environment,
            Steps = definition.Steps,
            Seed = definition.Seed,
            Options = space.Draw(definition.Seed, 0),
        });
    }

    private static int Run(Terminal terminal, SweepFolder sweep, int jobs)
    {
        var runner = new SweepRunner(sweep, Space(sweep.Definition), (run, steps, cancellation) => Train(terminal, sweep, run, steps, cancellation));
        var complete = runner.Run(jobs, (trial, seed, outcome) => terminal.Error.WriteLine(
            $"trial {trial}, seed {sweep.SeedOf(seed)}, {outcome.Steps} steps: {(outcome.Failure is null ? $"best {outcome.Best:0.##}, last {outcome.Last:0.##}" : "failed")}"), terminal.Cancellation);
        var ranking = runner.Ranking();
        SweepReport.Write(sweep, runner.Space, ranking);
        terminal.Table(SweepReport.Headings(runner.Space), SweepReport.Rows(runner.Space, ranking));
        terminal.Output.WriteLine($"Table and plots: {Path.Combine(sweep.Folder, "sweep.md")}, sweep.csv, *.png");
        if (!complete)
        {
            terminal.Output.WriteLine($"Stopped with checkpoints. Continue with: bellman sweep --resume {sweep.Name}");
            return CommandLine.Interrupted;
        }
        if (ranking.Count > 0)
        {
            terminal.Output.WriteLine($"Best: trial {ranking[0].Trial} ({string.Join(" ", ranking[0].Values.Select(pair => $"--set {pair.Key}={pair.Value}"))}). Next: bellman evaluate {sweep.RunName(ranking[0].Trial, 0)} --runs {sweep.Folder}");
        }
        return 0;
    }

    private static (double Best, double Last, long Steps)? Train(Terminal terminal, SweepFolder sweep, Run run, long steps, CancellationToken cancellation)
    {
        using var agent = Agents.Create(run.Configuration);
        var session = new TrainingSession(sweep.Runs, run, agent);
        session.Resume(terminal.Error.WriteLine);
        var end = session.Train(steps, cancellation);
        // Interrupted also where the rung ends before the run: then it has come as far as was asked.
        if (agent.Steps < steps && end.Status != RunStatus.Finished) { return null; }
        TrainingReport.Write(run);
        return (end.Best, end.Last, agent.Steps);
    }

    private static string DefaultName(SweepDefinition definition) =>
        $"{DateTimeOffset.UtcNow:yyyyMMdd-HHmmss}-{definition.Algorithm}-{string.Concat(definition.Environment.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'))}";
}
