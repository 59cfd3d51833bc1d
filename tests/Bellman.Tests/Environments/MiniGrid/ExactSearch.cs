using System.Text;
using Bellman.Environments.MiniGrid;

namespace Bellman.Tests.Environments.MiniGrid;

/// <summary>Breadth-first search through an environment's own steps, by saving and restoring its state.</summary>
internal static class ExactSearch
{
    public const int UsefulActions = 6;

    /// <summary>The map, what is carried and the agent, which is all that a later step depends on but the step count.</summary>
    public static string Key(MiniGridWorld world)
    {
        var key = new StringBuilder($"{world.AgentX},{world.AgentY},{world.Heading},{world.Carried}:");
        for (var y = 0; y < world.Height; y++)
        {
            for (var x = 0; x < world.Width; x++) { key.Append((char)('A' + (int)world[x, y].Kind)).Append((char)('0' + world[x, y].State)).Append((char)('a' + (int)world[x, y].Colour)); }
        }
        return key.ToString();
    }

    /// <summary>Steps of the shortest episode that ends with a positive reward; -1 if there is none.</summary>
    public static int ShortestSolution(MiniGridEnvironment environment, float[] observation)
    {
        foreach (var (depth, result, _) in Walk(environment, observation)) { if (result.Reward > 0) { return depth; } }
        return -1;
    }

    /// <summary>The reward of the first episode's end at which the door of this colour is open.</summary>
    public static double RewardOfOpening(MiniGridEnvironment environment, float[] observation, GridColour colour)
    {
        var opened = $"E0{(char)('a' + (int)colour)}";
        foreach (var (_, result, key) in Walk(environment, observation))
        {
            if (result.Done && key.Contains(opened, StringComparison.Ordinal)) { return result.Reward; }
        }
        return double.NaN;
    }

    private static IEnumerable<(int Depth, StepResult Result, string Key)> Walk(MiniGridEnvironment environment, float[] observation)
    {
        var random = RandomStream.Create(0);
        var seen = new HashSet<string> { Key(environment.World) };
        var open = new Queue<(MemoryState State, int Depth)>([(MemoryState.Save(environment), 0)]);
        while (open.TryDequeue(out var node))
        {
            for (var action = 0; action < UsefulActions; action++)
            {
                node.State.Load(environment);
                var result = environment.Step([action], random, observation);
                var key = Key(environment.World);
                yield return (node.Depth + 1, result, key);
                if (!result.Done && seen.Add(key)) { open.Enqueue((MemoryState.Save(environment), node.Depth + 1)); }
            }
        }
    }
}
