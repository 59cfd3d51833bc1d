namespace Bellman.Environments.Submodular;

/// <summary>An environment whose every state is an element of a ground set.</summary>
public interface IElementEnvironment : IEnvironment
{
    /// <summary>The element of the state that was reached last; -1 for a state that is worth nothing, such as one outside.</summary>
    int Element { get; }
}

/// <summary>What a visit pays.</summary>
public enum SubmodularReward
{
    /// <summary>The marginal gain F(s|X): what the visit adds to what was visited before.</summary>
    Submodular,

    /// <summary>F({s}) at every visit, revisits included: the additive reward of modular RL.</summary>
    Modular,
}

/// <summary>
/// Turns an environment into one whose reward is a submodular function of the visited set: each step pays the marginal gain of
/// the state it reaches (Prajapat et al. 2024, section 2), so that the return of an episode is F(trajectory) - F(first state). Any
/// agent can be run on it. F is kept for every reward, so that methods are compared by what they cover and not by what they were paid.
/// </summary>
public sealed class MarginalGainReward : EnvironmentWrapper
{
    private readonly IElementEnvironment elements;
    private readonly ISubmodularFunction function;
    private readonly ISetEvaluator evaluator;
    private double firstValue;
    private double episodeValue;
    private double episodeFirstValue;

    /// <summary>Pays <paramref name="inner"/>'s visits by <paramref name="function"/>.</summary>
    /// <param name="inner">An <see cref="IElementEnvironment"/>, perhaps within wrappers that keep its states.</param>
    /// <param name="function">The function over its elements.</param>
    /// <param name="reward">What a visit pays.</param>
    /// <exception cref="UsageException">No environment inside names the elements it visits.</exception>
    public MarginalGainReward(IEnvironment inner, ISubmodularFunction function, SubmodularReward reward = SubmodularReward.Submodular) : base(inner)
    {
        elements = inner.Find<IElementEnvironment>()
            ?? throw new UsageException("A submodular reward needs to know which element each state is: implement IElementEnvironment in the environment.");
        this.function = function;
        evaluator = function.CreateEvaluator();
        Reward = reward;
    }

    /// <summary>What a visit pays.</summary>
    public SubmodularReward Reward { get; }

    /// <summary>F of the running episode's visits, the first state included.</summary>
    public double Value => evaluator.Value;

    /// <summary>F(first state) of the running episode.</summary>
    public double FirstValue => firstValue;

    /// <summary>F of the episode that ended last; it outlives the reset that follows in the same step.</summary>
    public double EpisodeValue => episodeValue;

    /// <summary>F(first state) of the episode that ended last.</summary>
    public double EpisodeFirstValue => episodeFirstValue;

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, observation);
        evaluator.Reset();
        firstValue = elements.Element < 0 ? 0 : evaluator.Add(elements.Element);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation);
        var element = elements.Element;
        var gain = element < 0 ? 0 : evaluator.Add(element);
        if (result.Done) { (episodeValue, episodeFirstValue) = (evaluator.Value, firstValue); }
        return result with { Reward = Reward == SubmodularReward.Submodular ? gain : element < 0 ? 0 : function.Modular(element) };
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Part("visited", evaluator);
        state.Value(nameof(firstValue), ref firstValue);
        state.Value(nameof(episodeValue), ref episodeValue);
        state.Value(nameof(episodeFirstValue), ref episodeFirstValue);
        base.Exchange(state);
    }
}
