using Bellman.Data;

namespace Bellman.Environments;

/// <summary>
/// A finite deterministic decision process as two tables: where each action leads and what it pays. Episodes begin in state 0.
/// </summary>
public sealed class DeterministicMdp
{
    /// <summary>The entry of <see cref="Next"/> that ends the episode.</summary>
    public const int Terminal = -1;

    private readonly int[] next;
    private readonly double[] rewards;

    /// <summary>A process from its tables, row by row.</summary>
    /// <param name="actions">Actions, at least 1.</param>
    /// <param name="next">[states x actions]: the state that follows, or <see cref="Terminal"/>.</param>
    /// <param name="rewards">[states x actions].</param>
    /// <exception cref="UsageException">The tables differ in size, a state is out of range or a reward is not finite.</exception>
    public DeterministicMdp(int actions, int[] next, double[] rewards)
    {
        if (actions < 1 || next.Length == 0 || next.Length % actions != 0) { throw new UsageException($"A transition table of {next.Length} entries does not hold {actions} actions for each of one or more states. Give [states, actions]."); }
        if (rewards.Length != next.Length) { throw new UsageException($"There are {next.Length} transitions and {rewards.Length} rewards; both tables must have the shape [states, actions]."); }
        ActionCount = actions;
        StateCount = next.Length / actions;
        for (var i = 0; i < next.Length; i++)
        {
            if (next[i] < Terminal || next[i] >= StateCount) { throw new UsageException($"State {i / actions}, action {i % actions} leads to state {next[i]}; there are {StateCount} states (0 to {StateCount - 1}), and -1 ends the episode."); }
            if (!double.IsFinite(rewards[i])) { throw new UsageException($"State {i / actions}, action {i % actions} pays {rewards[i]}; rewards must be finite numbers."); }
        }
        this.next = next;
        this.rewards = rewards;
    }

    /// <summary>Number of states.</summary>
    public int StateCount { get; }

    /// <summary>Number of actions, the same in every state.</summary>
    public int ActionCount { get; }

    /// <summary>
    /// Reads the published layout of the effective-horizon benchmark (Laidlaw et al. 2023): a NumPy archive with
    /// <c>transitions</c> (integers [S, A], -1 terminal, start 0) and <c>rewards</c> (floats [S, A]).
    /// </summary>
    /// <exception cref="UsageException">The file or one of its arrays is missing or malformed.</exception>
    public static DeterministicMdp ReadNpz(string path)
    {
        if (!File.Exists(path)) { throw new UsageException($"There is no file {path}. Give a .npz archive with the arrays transitions and rewards."); }
        var (transitions, rewards) = (NumpyArchive.Require(path, "transitions"), NumpyArchive.Require(path, "rewards"));
        if (transitions.Shape.Count != 2 || !transitions.Shape.SequenceEqual(rewards.Shape))
        {
            throw new UsageException($"{path}: transitions have the shape ({string.Join(", ", transitions.Shape)}) and rewards ({string.Join(", ", rewards.Shape)}); both must be [states, actions].");
        }
        return new DeterministicMdp(transitions.Shape[1], [.. transitions.Values.Select(value => checked((int)value))], rewards.Values);
    }

    /// <summary>Where an action leads, or <see cref="Terminal"/>.</summary>
    public int Next(int state, int action) => next[state * ActionCount + action];

    /// <summary>What it pays.</summary>
    public double Reward(int state, int action) => rewards[state * ActionCount + action];
}

/// <summary>A <see cref="DeterministicMdp"/> to act in; the observation is the state, and one more number after the last state once it has ended.</summary>
public sealed class DeterministicMdpEnvironment(DeterministicMdp process) : IEnvironment
{
    private int state;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Discrete(process.StateCount + 1);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(process.ActionCount);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation) => observation[0] = state = 0;

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        if (state == process.StateCount) { throw new BellmanException("The episode has ended. Call Reset first."); }
        var reward = process.Reward(state, (int)action[0]);
        var next = process.Next(state, (int)action[0]);
        observation[0] = state = next == DeterministicMdp.Terminal ? process.StateCount : next;
        return new StepResult(reward, Terminated: next == DeterministicMdp.Terminal);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value("state", ref this.state);
        RestoredState.RequireIndex(state, "state", this.state, process.StateCount + 1);
    }
}
