using Bellman.Algorithms;
using Bellman.Algorithms.Linear;
using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>What an <see cref="EnsembleFittedQ"/> is.</summary>
public sealed record FittedQOptions
{
    /// <summary>N, at least 1.</summary>
    public int Members { get; init; } = 20;

    /// <summary>Makes one value of N.</summary>
    public ITargetAggregator Aggregator { get; init; } = TargetAggregators.Minimum;

    /// <summary>k, at least 1.</summary>
    public int RolloutLength { get; init; } = 3;

    /// <summary>The value of a last step's next state, in place of a bootstrap; null bootstraps. True values show what the edge is to blame for.</summary>
    public Func<double, double>? Oracle { get; init; }

    /// <summary>Whether targets of states at the edge are trained as well, which no method that stops there can do.</summary>
    public bool TrainsEdge { get; init; }

    /// <summary>Where rollouts begin.</summary>
    public int Starts { get; init; } = 100;

    /// <summary>F, random features of a member.</summary>
    public int Features { get; init; } = 10;

    /// <summary>Share of random actions in rollouts.</summary>
    public double Exploration { get; init; } = 0.2;

    /// <summary>γ.</summary>
    public double Gamma { get; init; } = 0.95;

    /// <summary>Ridge a row.</summary>
    public double Ridge { get; init; } = 1e-3;
}

/// <summary>
/// Fitted Q-iteration with an ensemble, in <see cref="EdgeBox"/> of one dimension with five actions and its true dynamics: the edge-of-reach problem
/// with nothing else in it. Member i is linear in random features of its own, Q_i(s, a) = θ_i · [sqrt(2/F) relu(W_i [s/2; a] + b_i), 1]; an
/// iteration rolls out k steps and solves each member's ridge regression on y = R(s) + γ max_a min_i Q_i(s', a).
/// </summary>
public sealed class EnsembleFittedQ
{
    private static readonly double[] Moves = [-1, -0.5, 0, 0.5, 1];

    private readonly FittedQOptions options;
    private readonly RandomStream random;
    private readonly double[][] weights;   // a feature: weight of s/2, weight of a, bias
    private readonly double[][] theta;
    private readonly float[] values;

    /// <summary>Members that say 0 everywhere.</summary>
    /// <param name="options">What it is.</param>
    /// <param name="random">Starts, features and exploration draw from its children.</param>
    /// <exception cref="UsageException">There is no member, or rollouts are shorter than a step.</exception>
    public EnsembleFittedQ(FittedQOptions options, RandomStream random)
    {
        if (options.Members < 1) { throw new UsageException($"The ensemble has {options.Members} members; it needs 1 or more."); }
        if (options.RolloutLength < 1) { throw new UsageException($"Rollouts are {options.RolloutLength} steps long; a rollout has 1 step or more."); }
        (this.options, this.random) = (options, random.Child("exploration"));
        var starts = random.Child("starts");
        Starts = [.. Enumerable.Range(0, options.Starts).Select(_ => starts.NextUniform(-EdgeBox.StartRange, EdgeBox.StartRange))];
        weights = [.. Enumerable.Range(0, options.Members).Select(member => Gaussians(random.Child("features", member), 3 * options.Features))];
        theta = [.. weights.Select(_ => new double[options.Features + 1])];
        values = new float[options.Members];
    }

    /// <summary>The states of the data, D0.</summary>
    public IReadOnlyList<double> Starts { get; }

    /// <summary>One round of rollouts and one regression of every member.</summary>
    public void Iterate()
    {
        var rows = RollOut();
        var targets = rows.ConvertAll(row => Reward(row.State) + options.Gamma * (row.Last && options.Oracle is { } oracle ? oracle(row.Next) : Greedy(row.Next).Value));
        if (options.TrainsEdge)
        {
            foreach (var row in rows.Where(row => row.Last).ToList())
            {
                foreach (var action in Moves)
                {
                    rows.Add(new Row(row.Next, action, row.Next + action, true));
                    targets.Add(Reward(row.Next) + options.Gamma * Greedy(row.Next + action).Value);
                }
            }
        }
        var states = rows.ConvertAll(row => (row.State, row.Action));
        var solved = new double[theta.Length][];
        for (var member = 0; member < theta.Length; member++) { solved[member] = Solve(member, states, targets); }
        solved.CopyTo(theta, 0);
    }

    /// <summary>The best action, the lowest of several, and its value.</summary>
    public (double Action, double Value) Greedy(double state)
    {
        var best = (Action: Moves[0], Value: double.NegativeInfinity);
        foreach (var action in Moves)
        {
            var value = Value(state, action);
            if (value > best.Value) { best = (action, value); }
        }
        return best;
    }

    /// <summary>The aggregate of the members' values.</summary>
    public double Value(double state, double action)
    {
        Evaluate(state, action);
        return options.Aggregator.Combine(values, []);
    }

    /// <summary>mean_j Q_j - min_j Q_j at a state's best action.</summary>
    public double Penalty(double state)
    {
        Evaluate(state, Greedy(state).Action);
        return Reach.Penalty(values);
    }

    /// <summary>Mean return over <see cref="Starts"/> of the greedy policy, and how far from the middle it went at most.</summary>
    public (double Return, double Farthest) Play(int horizon)
    {
        var (total, farthest) = (0.0, 0.0);
        foreach (var start in Starts)
        {
            var state = start;
            for (var step = 0; step < horizon; step++)
            {
                total += Reward(state);
                farthest = Math.Max(farthest, Math.Abs(state));
                state += Greedy(state).Action;
            }
        }
        return (total / Starts.Count, farthest);
    }

    /// <summary>States of a round of rollouts: those acted in, and the last next states.</summary>
    public (IReadOnlyList<double> Within, IReadOnlyList<double> Last) Explore()
    {
        var rows = RollOut();
        return ([.. rows.Select(row => row.State)], [.. rows.Where(row => row.Last).Select(row => row.Next)]);
    }

    private static double Reward(double state) => EdgeBox.Reward([(float)state]);

    private List<Row> RollOut()
    {
        var rows = new List<Row>();
        foreach (var start in Starts)
        {
            var state = start;
            for (var step = 1; step <= options.RolloutLength; step++)
            {
                var action = random.NextBoolean(options.Exploration) ? Moves[random.NextInt32(Moves.Length)] : Greedy(state).Action;
                rows.Add(new Row(state, action, state + action, step == options.RolloutLength));
                state += action;
            }
        }
        return rows;
    }

    /// <summary>θ of (Φ'Φ + 1e-3 M I) θ = Φ'y, M rows.</summary>
    private double[] Solve(int member, List<(double State, double Action)> states, List<double> targets)
    {
        var size = options.Features + 1;
        double[] gram = new double[size * size], moments = new double[size], features = new double[size];
        for (var i = 0; i < size; i++) { gram[i * size + i] = options.Ridge * states.Count; }
        for (var row = 0; row < states.Count; row++)
        {
            Features(member, states[row].State, states[row].Action, features);
            for (var i = 0; i < size; i++)
            {
                moments[i] += features[i] * targets[row];
                for (var j = 0; j <= i; j++) { gram[i * size + j] += features[i] * features[j]; }
            }
        }
        for (var i = 0; i < size; i++)
        {
            for (var j = i + 1; j < size; j++) { gram[i * size + j] = gram[j * size + i]; }
        }
        return Matrix<double>.Build.DenseOfRowMajor(size, size, gram).Cholesky().Solve(Vector<double>.Build.Dense(moments)).ToArray();
    }

    private void Evaluate(double state, double action)
    {
        Span<double> features = stackalloc double[options.Features + 1];
        for (var member = 0; member < theta.Length; member++)
        {
            Features(member, state, action, features);
            values[member] = (float)WeightedRidge.Dot(theta[member], features);
        }
    }

    private void Features(int member, double state, double action, Span<double> features)
    {
        var own = weights[member];
        var scale = Math.Sqrt(2.0 / options.Features);
        for (var f = 0; f < options.Features; f++) { features[f] = scale * Math.Max(0, own[3 * f] * state / 2 + own[3 * f + 1] * action + own[3 * f + 2]); }
        features[options.Features] = 1;
    }

    private static double[] Gaussians(RandomStream stream, int count)
    {
        var drawn = new double[count];
        foreach (ref var value in drawn.AsSpan()) { value = stream.NextGaussian(); }
        return drawn;
    }

    private readonly record struct Row(double State, double Action, double Next, bool Last);
}
