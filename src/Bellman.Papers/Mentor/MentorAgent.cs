using Bellman.Algorithms;

namespace Bellman.Papers.Mentor;

/// <summary>
/// MENTOR (Huang et al. 2024): DrQ-v2 with DrM's schedules, whose actor has a mixture of experts and whose weights are now and then moved towards those
/// after its best episodes. With a plain actor and fresh weights it is DrM.
/// </summary>
public sealed class MentorAgent : IAgent
{
    private readonly OffPolicyAgent agent;
    private readonly Func<IPolicy, double>? score;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="score">Measures the policy again where an episode's return would enter the set, for tasks in which luck decides; null takes the return.</param>
    /// <exception cref="UsageException">An option is out of range, the observations are no square pictures, or the actions are not a Box with finite bounds.</exception>
    public MentorAgent(VectorEnvironment environment, MentorOptions options, ulong seed, Func<IPolicy, double>? score = null)
    {
        this.score = score;
        var valid = OptionSet.Validated(options with { Copies = environment.Count }, "mentor");
        var view = new PixelView(environment.ObservationSpace, Algorithm);
        var actions = BoundedActions.For(environment.ActionSpace, Algorithm).Size;
        MentorLearner? learner = null;
        agent = new OffPolicyAgent(Algorithm, environment, valid, seed, (_, random) => learner = new MentorLearner(view, actions, valid, random));
        Learner = learner ?? throw new InvalidOperationException("The agent made no learner.");
    }

    /// <inheritdoc/>
    public string Algorithm => "mentor";

    /// <summary>What learns.</summary>
    public MentorLearner Learner { get; }

    /// <inheritdoc/>
    public long Steps => agent.Steps;

    /// <inheritdoc/>
    public Space ObservationSpace => agent.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => agent.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy => agent.Policy;

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics) => agent.Advance(new Listener(this, metrics));

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => agent.Exchange(state);

    /// <inheritdoc/>
    public void Dispose() => agent.Dispose();

    private void EpisodeEnded(double episodeReturn)
    {
        if (score is not null && Learner.Snapshots.Wants(episodeReturn)) { episodeReturn = score(Policy); }
        Learner.EpisodeEnded(episodeReturn);
    }

    /// <summary>Hears of episodes on the way to whoever measures.</summary>
    private sealed class Listener(MentorAgent owner, IMetricSink next) : IMetricSink
    {
        public void Add(string name, double value) => next.Add(name, value);

        public void Episode(double episodeReturn, int length)
        {
            next.Episode(episodeReturn, length);
            owner.EpisodeEnded(episodeReturn);
        }
    }
}
