using Bellman.Environments.RestlessBandits;
using Bellman.Neural;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>Chooses a feasible joint action for the arms' states.</summary>
public interface IActionChoice
{
    /// <summary>Writes the action for <paramref name="states"/>.</summary>
    void Choose(ReadOnlySpan<int> states, Span<float> action);
}

/// <summary>What an oracle did, for reports.</summary>
public sealed record OracleCounts
{
    /// <summary>Programs solved.</summary>
    public long Solves { get; set; }

    /// <summary>Answers found in memory.</summary>
    public long Remembered { get; set; }

    /// <summary>Solves that ran out of time and gave their best solution.</summary>
    public long TimeOuts { get; set; }

    /// <summary>Solves that ran out of time without a solution: a random feasible action was taken.</summary>
    public long RandomActions { get; set; }

    /// <summary>Solves whose value the network did not confirm, and which were solved again with gap 0.</summary>
    public long Repeated { get; set; }

    /// <summary>Seconds in the solver.</summary>
    public double Seconds { get; set; }
}

/// <summary>
/// Remembers answers by state until it is told that the question has changed. Within one version of the network this is exact.
/// </summary>
/// <param name="inner">Who answers what is not remembered.</param>
public sealed class RememberedChoice(IActionChoice inner) : IActionChoice
{
    private readonly Dictionary<string, float[]> answers = [];

    /// <summary>Answers given from memory.</summary>
    public long Remembered { get; private set; }

    /// <summary>Forgets everything: the network has changed.</summary>
    public void Clear() => answers.Clear();

    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        var key = string.Create(states.Length, states.ToArray(), (text, values) => { for (var j = 0; j < values.Length; j++) { text[j] = (char)('0' + values[j]); } });
        if (answers.TryGetValue(key, out var known))
        {
            Remembered++;
            known.CopyTo(action);
            return;
        }
        inner.Choose(states, action);
        answers[key] = action.ToArray();
    }
}

/// <summary>The network's own evaluations: q(a, s), which predicts cost = -Q.</summary>
internal sealed class NetworkCosts(INetwork network, int actionSize)
{
    private float[] inputs = [];
    private float[] outputs = [];

    public double Of(ReadOnlySpan<float> action, ReadOnlySpan<int> states)
    {
        Grow(1);
        Write(0, action, states);
        network.Forward(inputs.AsSpan(0, network.Inputs), 1, outputs.AsSpan(0, 1));
        return outputs[0];
    }

    public ReadOnlySpan<float> Of(IReadOnlyList<float[]> actions, ReadOnlySpan<int> states)
    {
        Grow(actions.Count);
        for (var row = 0; row < actions.Count; row++) { Write(row, actions[row], states); }
        network.Forward(inputs.AsSpan(0, actions.Count * network.Inputs), actions.Count, outputs.AsSpan(0, actions.Count));
        return outputs.AsSpan(0, actions.Count);
    }

    private void Write(int row, ReadOnlySpan<float> action, ReadOnlySpan<int> states)
    {
        var input = inputs.AsSpan(row * network.Inputs, network.Inputs);
        action.CopyTo(input);
        for (var j = 0; j < states.Length; j++) { input[actionSize + j] = states[j]; }
    }

    private void Grow(int rows)
    {
        if (outputs.Length >= rows) { return; }
        inputs = new float[rows * network.Inputs];
        outputs = new float[rows];
    }
}

/// <summary>The cheapest action of a network by listing all feasible ones: the reference for tests, and quicker where they are few.</summary>
public sealed class EnumerationOracle(INetwork network, ICombinatorialActionSpace space) : IActionChoice
{
    private readonly IReadOnlyList<float[]> actions = space.Enumerate();
    private readonly NetworkCosts costs = new(network, space.Size);

    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        var values = costs.Of(actions, states);
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] < values[best]) { best = i; }
        }
        actions[best].CopyTo(action);
    }
}

/// <summary>The cheapest action of a network by mixed-integer programming.</summary>
public sealed class MilpOracle : IActionChoice, IDisposable
{
    private readonly ICombinatorialActionSpace space;
    private readonly RandomStream fallback;
    private readonly ReluNetworkMilp milp;
    private readonly NetworkCosts costs;
    private readonly float[] state;

    /// <summary>An oracle for a network as it is; <see cref="Update"/> follows its changes.</summary>
    /// <param name="network">q(a, s).</param>
    /// <param name="space">C.</param>
    /// <param name="options">How programs are solved.</param>
    /// <param name="fallback">Random feasible actions where time ran out without a solution.</param>
    /// <param name="model">Constraints other than those of <paramref name="space"/>, e.g. relaxed ones; null for the space's own.</param>
    /// <param name="bigM">How large the constants are.</param>
    public MilpOracle(INetwork network, ICombinatorialActionSpace space, ProgramOptions options, RandomStream fallback, LinearModel? model = null, BigM bigM = BigM.Intervals)
    {
        this.space = space;
        this.fallback = fallback;
        milp = new ReluNetworkMilp(network, model ?? space.Constraints(), options, bigM);
        costs = new NetworkCosts(network, space.Size);
        state = new float[network.Inputs - space.Size];
    }

    /// <summary>What it did so far.</summary>
    public OracleCounts Counts { get; } = new();

    /// <summary>Rows and variables of the program.</summary>
    public (int Rows, int Columns) Shape => (milp.Rows, milp.Columns);

    /// <summary>Takes over the network's weights.</summary>
    public void Update() => milp.Update();

    /// <inheritdoc/>
    /// <exception cref="BellmanException">No action is feasible.</exception>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        for (var j = 0; j < states.Length; j++) { state[j] = states[j]; }
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var result = milp.Solve(state, action);
        Counts.Solves++;
        if (result.HasSolution && Disagrees(result, action, states))
        {
            Counts.Repeated++;
            result = milp.Solve(state, action, gap: 0);
        }
        Counts.Seconds += System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds;
        switch (result.Status)
        {
            case ProgramStatus.Infeasible:
                throw new BellmanException("No action satisfies the constraints: the program is infeasible. Repair the instance; no action is made up for it.");
            case ProgramStatus.NoSolution:
                Counts.RandomActions++;
                space.SampleFeasible(fallback, action);
                break;
            case ProgramStatus.TimeOut:
                Counts.TimeOuts++;
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => milp.Dispose();

    private bool Disagrees(ProgramResult result, ReadOnlySpan<float> action, ReadOnlySpan<int> states)
    {
        var value = costs.Of(action, states);
        return Math.Abs(result.Objective - value) > 1e-4 * (1 + Math.Abs(value));
    }
}
