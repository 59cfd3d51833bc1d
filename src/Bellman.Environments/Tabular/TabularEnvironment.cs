namespace Bellman.Environments;

/// <summary>
/// An environment whose state is one of finitely many and is all the agent sees. It steps by its own exact model, so
/// that planning and experience cannot disagree.
/// </summary>
public abstract class TabularEnvironment : IEnvironment, ITabularModel, IRenderable
{
    private readonly TransitionTable table;
    private int state;

    /// <summary>An environment that follows <paramref name="table"/>.</summary>
    protected TabularEnvironment(TransitionTable table)
    {
        this.table = table;
        ObservationSpace = new Discrete(table.StateCount);
        ActionSpace = new Discrete(table.ActionCount);
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <inheritdoc/>
    public int StateCount => table.StateCount;

    /// <inheritdoc/>
    public int ActionCount => table.ActionCount;

    /// <inheritdoc/>
    public ReadOnlySpan<double> InitialDistribution => table.InitialDistribution;

    /// <summary>The state now.</summary>
    protected int State => state;

    /// <inheritdoc/>
    public ReadOnlySpan<TabularOutcome> Outcomes(int state, int action) => table.Outcomes(state, action);

    /// <inheritdoc/>
    public int StateOf(ReadOnlySpan<float> observation) => (int)observation[0];

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        state = table.DrawInitial(random);
        observation[0] = state;
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var outcome = table.Draw(state, (int)action[0], random);
        state = outcome.Next;
        observation[0] = state;
        return new StepResult(outcome.Reward, outcome.Terminated);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value("state", ref this.state);
        RestoredState.RequireIndex(state, "state", this.state, StateCount);
    }

    /// <inheritdoc/>
    public abstract string RenderText();

    /// <inheritdoc/>
    public abstract RgbImage RenderImage();
}
