using System.CommandLine;
using System.Text.Json.Nodes;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman evaluate</c>: how good a run's policy is, and what it does.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("run") { Description = "The run: id, beginning of an id, folder, or latest." };
        var episodes = new Option<int>("--episodes") { Description = "Episodes, apart from those that chose the checkpoint.", DefaultValueFactory = _ => 100 };
        var render = new Option<string?>("--render", "--video")
        {
            Description = "Play one episode: 'text' or '-' on the terminal; to a file by the path's ending: .txt as text, .gif or .webp as a moving picture.",
        };
        var last = new Option<bool>("--last") { Description = "Take the last checkpoint instead of the best one." };
        var stochastic = new Option<bool>("--stochastic") { Description = "Draw the actions as in training instead of taking the most likely one." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("evaluate", "Play episodes with a trained policy.") { name, episodes, render, last, stochastic, runs, json }
            .WithExamples("bellman evaluate latest", "bellman evaluate latest --episodes 20 --render cartpole.gif", "bellman evaluate latest --render text", "bellman evaluate latest --video cartpole.webp");
        command.SetAction(parsed =>
        {
            var count = parsed.GetValue(episodes);
            if (count < 1) { throw new UsageException($"--episodes cannot be {count}: it is a whole number from 1 up."); }
            var picture = parsed.GetValue(render);
            if (picture is not null) { Replay.RequireTarget(picture); }
            using var run = new RunStore(parsed.GetRequiredValue(runs)).Open(parsed.GetRequiredValue(name));
            using var agent = Agents.Create(run.Configuration);
            var (steps, best) = Agents.Restore(agent, run, parsed.GetValue(last), terminal.Error.WriteLine);
            var deterministic = !parsed.GetValue(stochastic);
            Evaluate(terminal, run, agent, count, steps, best, deterministic, parsed.GetValue(json));
            if (picture is not null) { Replay.Show(terminal, agent.Policy, run.Configuration, picture, deterministic); }
            return 0;
        });
        return command;
    }

    private static void Evaluate(Terminal terminal, Run run, IAgent agent, int episodes, long steps, bool best, bool deterministic, bool json)
    {
        using var environment = AllEnvironments.Registry().MakeVector(run.Configuration.Environment, Math.Min(episodes, 16));
        var result = Evaluation.Run(agent.Policy, environment, episodes, Agents.ReportSeed(run.Configuration.Seed), deterministic, terminal.Cancellation);
        var references = Agents.References(run.Configuration);
        if (json)
        {
            terminal.Json(new JsonObject
            {
                ["run"] = run.Id,
                ["checkpoint"] = best ? "best" : "last",
                ["steps"] = steps,
                ["deterministic"] = deterministic,
                ["episodes"] = episodes,
                ["meanReturn"] = result.MeanReturn,
                ["normalizedScore"] = references?.Score(result.MeanReturn),
                ["returnDeviation"] = result.ReturnDeviation,
                ["meanLength"] = result.MeanLength,
                ["returns"] = new JsonArray([.. result.Returns.Select(value => JsonValue.Create(value))]),
            });
            return;
        }
        terminal.Output.WriteLine($"{run.Id}, {(best ? "best" : "last")} checkpoint (step {steps}), {episodes} episodes{(deterministic ? "" : ", actions drawn")}:");
        terminal.Output.WriteLine($"return {result.MeanReturn:0.##} +- {result.ReturnDeviation:0.##} (from {result.Returns.Min():0.##} to {result.Returns.Max():0.##}), length {result.MeanLength:0.#}");
        if (references is not null) { terminal.Output.WriteLine($"normalised score {references.Score(result.MeanReturn):0.0} (0 is {references.Random:0.##}, a random policy; 100 is {references.Expert:0.##}, an expert; from {references.Source})"); }
    }
}
