using Bellman.Environments.Submodular;

namespace Bellman.Papers.SubmodularRl;

/// <summary>Planners that know the board: what a policy is compared with.</summary>
public static class WalkPlanners
{
    /// <summary>F of one walk that always takes an action with the largest marginal gain, ties at random.</summary>
    /// <param name="task">The task; its noise disturbs the walk.</param>
    /// <param name="random">Ties and noise.</param>
    public static double Greedy(SubmodularTask task, RandomStream random)
    {
        var best = new List<int>();
        return Play(task, random, (walk, evaluator) =>
        {
            var largest = double.NegativeInfinity;
            for (var action = 0; action < GridWalk.Actions; action++)
            {
                var gain = evaluator.Gain(walk.Next(walk.Element, action));
                if (gain > largest)
                {
                    largest = gain;
                    best.Clear();
                }
                if (gain == largest) { best.Add(action); }
            }
            return best[random.NextInt32(best.Count)];
        });
    }

    /// <summary>F of one walk of uniformly random actions.</summary>
    public static double Random(SubmodularTask task, RandomStream random) => Play(task, random, (_, _) => random.NextInt32(GridWalk.Actions));

    /// <summary>
    /// The best walk that beam search finds on an undisturbed board: after each move the <paramref name="width"/> most valuable
    /// walks are kept, one for each pair of cell and value. It is a lower bound on the optimum, close where the beam is wide.
    /// </summary>
    public static (double Value, int[] Cells) Beam(SubmodularTask task, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var walk = new GridWalk(task.Walk);
        var start = task.Function.CreateEvaluator();
        start.Add(task.Walk.Start);
        var beam = new List<Trail> { new(task.Walk.Start, start, null) };
        for (var time = 1; time < task.Walk.Horizon; time++)
        {
            // A beam is judged by value before it is copied: most candidates are never kept.
            var candidates = new Dictionary<(int Cell, long Value), (Trail From, int Cell, double Value)>();
            foreach (var trail in beam)
            {
                for (var action = 0; action < GridWalk.Actions; action++)
                {
                    var cell = walk.Next(trail.Cell, action);
                    var value = trail.Evaluator.Value + trail.Evaluator.Gain(cell);
                    candidates.TryAdd((cell, (long)Math.Round(value * 1e9)), (trail, cell, value));
                }
            }
            beam = [.. candidates.Values.OrderByDescending(candidate => candidate.Value).Take(width).Select(candidate =>
            {
                var evaluator = candidate.From.Evaluator.Copy();
                evaluator.Add(candidate.Cell);
                return new Trail(candidate.Cell, evaluator, candidate.From);
            })];
        }
        var best = beam[0];
        var cells = new List<int>();
        for (var trail = best; trail is not null; trail = trail.Before) { cells.Insert(0, trail.Cell); }
        return (best.Evaluator.Value, [.. cells]);
    }

    private static double Play(SubmodularTask task, RandomStream random, Func<GridWalk, ISetEvaluator, int> choose)
    {
        var walk = new GridWalk(task.Walk);
        var observation = new float[walk.ObservationSpace.Size];
        var action = new float[1];
        var evaluator = task.Function.CreateEvaluator();
        walk.Reset(random, observation);
        evaluator.Add(walk.Element);
        for (var over = false; !over;)
        {
            action[0] = choose(walk, evaluator);
            over = walk.Step(action, random, observation).Done;
            evaluator.Add(walk.Element);
        }
        return evaluator.Value;
    }

    private sealed record Trail(int Cell, ISetEvaluator Evaluator, Trail? Before);
}
