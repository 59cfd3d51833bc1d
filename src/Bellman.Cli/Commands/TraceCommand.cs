using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bellman.Papers;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman env trace</c>: what an environment does, one JSON line a step, to compare with any other implementation.</summary>
internal static class TraceCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "The environment, e.g. CartPole-v1." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of its random draws." };
        var state = new Option<string?>("--state") { Description = "Internal state to begin from, as JSON; without it the environment is reset. Line 0 of a trace shows the names." };
        var actions = new Option<string>("--actions")
        {
            Description = "Actions separated by commas; components of a vector by colons, e.g. 0,1,1 or 0.5:-0.2,1:0.",
            Required = true,
        };
        var trace = new Command("trace", "Step an environment and print one JSON line a step: observation, reward, terminated, truncated, state.")
        {
            id, seed, state, actions,
        }.WithExamples("bellman env trace CartPole-v1 --actions 1,0,1", "bellman env trace CartPole-v1 --state '{\"x\":0,\"xDot\":0,\"theta\":0.05,\"thetaDot\":0}' --actions 1,0");
        trace.SetAction(parsed =>
        {
            Trace(terminal, parsed.GetRequiredValue(id), parsed.GetValue(seed), parsed.GetValue(state), parsed.GetRequiredValue(actions));
            return 0;
        });
        return new Command("env", "Look into one environment.") { trace };
    }

    private static void Trace(Terminal terminal, string id, ulong seed, string? state, string actions)
    {
        var environment = AllEnvironments.Registry().Make(id);
        var parsedActions = actions.Split(',', StringSplitOptions.RemoveEmptyEntries).Select((text, i) => ParseAction(text, i, environment.ActionSpace)).ToList();
        var inner = Innermost(environment);
        var random = RandomStream.Create(seed, "environment");
        var observation = new float[environment.ObservationSpace.Size];
        environment.Reset(random, observation);
        if (state is not null) { Restore(inner, id, state); }
        Print(terminal, 0, state is null ? observation : null, null, inner);
        for (var i = 0; i < parsedActions.Count; i++)
        {
            var result = environment.Step(parsedActions[i], random, observation);
            Print(terminal, i + 1, observation, result, inner);
            if (result.Done) { return; }
        }
    }

    private static float[] ParseAction(string text, int index, Space space)
    {
        var parts = text.Split(':');
        var action = new float[parts.Length];
        for (var k = 0; k < parts.Length; k++)
        {
            if (!float.TryParse(parts[k], NumberStyles.Float, CultureInfo.InvariantCulture, out action[k]))
            {
                throw new UsageException($"Action {index} in --actions, '{text}', is not a number. Separate actions by commas and components of one action by colons; valid actions are {space}.");
            }
        }
        return space.Explain(action) is not { } wrong ? action
            : throw new UsageException($"Action {index} in --actions, '{text}', is outside the action space: {wrong}. Valid actions are {space}.");
    }

    private static void Restore(IEnvironment inner, string id, string state)
    {
        try
        {
            if (JsonNode.Parse(state) is not JsonObject json) { throw new UsageException($"--state of {id} is an object of names and values, as printed under \"state\" by a trace; got {state}."); }
            JsonState.Load(inner, json);
        }
        catch (JsonException error)
        {
            throw new UsageException($"--state is not valid JSON: {error.Message} Write an object of names and values, as printed under \"state\" by a trace of {id}.", error);
        }
    }

    private static IEnvironment Innermost(IEnvironment environment)
    {
        while (environment is EnvironmentWrapper wrapper) { environment = wrapper.Inner; }
        return environment;
    }

    private static void Print(Terminal terminal, int step, float[]? observation, StepResult? result, IEnvironment inner)
    {
        var line = new JsonObject { ["step"] = step };
        if (observation is not null) { line["observation"] = new JsonArray([.. observation.Select(value => JsonValue.Create(value))]); }
        if (result is { } taken)
        {
            line["reward"] = taken.Reward;
            line["terminated"] = taken.Terminated;
            line["truncated"] = taken.Truncated;
        }
        line["state"] = JsonState.Save(inner);
        terminal.Output.WriteLine(line.ToJsonString());
    }
}
