using Bellman.Algorithms.Bilevel;
using Bellman.Algorithms.Linear;
using Bellman.Environments.AuxiliaryRewards;

namespace Bellman.Papers.BehaviorAlignment;

/// <summary>
/// Behavior alignment via reward function optimization (Gupta et al. 2023). An inner policy gradient follows a reward r_φ, blended from the
/// primary and an auxiliary one, under a discount γ_φ of its own; the outer level moves both so that the policy they make earns more of the
/// primary reward:
/// <code>
/// dJ/dφ = -∇φ &lt;∇θ J_inner, q&gt;,    q ≈ H⁻¹ v,    v = ∇θ J_outer,    H = ∇²θ J_inner
/// </code>
/// The policy is a softmax of linear features. Its baselines (primary, naive, potential) are the same learner without the outer level.
/// </summary>
public sealed class Barfi : IAgent
{
    private const int WarmUpTrajectories = 2;

    private readonly IEnvironment environment;
    private readonly IAuxiliaryReward rewards;
    private readonly BarfiOptions options;
    private readonly IStateFeatures features;
    private readonly IRewardBlend blend;
    private readonly StepCredit credit;
    private readonly StepCredit outerCredit;
    private readonly AlignmentObjective inner;
    private readonly AlignmentObjective outer;
    private readonly IInverseHessian inverse;
    private readonly TrajectoryBuffer buffer;
    private readonly Ascent actorAscent;
    private readonly Ascent rewardAscent;
    private readonly Ascent discountAscent;
    private readonly Ascent criticAscent;
    private readonly RandomStream episodeStream;
    private readonly RandomStream actionStream;
    private readonly RandomStream bufferStream;
    private readonly int actions;
    private readonly int width;
    private readonly int horizon;
    private readonly double[] theta;
    private readonly double[] phi;
    private readonly double[] critic;
    private readonly double[] discountLogit;
    private readonly double[] thetaGradient;
    private readonly double[] criticGradient;
    private readonly List<AlignmentTrajectory> drawn = [];
    private double[] paid = [];
    private double[] slopes = [];
    private long steps;
    private long episodes;
    private bool warm;

    /// <summary>An agent that learns in <paramref name="environment"/>.</summary>
    /// <param name="environment">Has two rewards, discrete actions and bounded observations (or bounds in the options).</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <exception cref="UsageException">An option is out of range, or the environment does not fit.</exception>
    public Barfi(IEnvironment environment, BarfiOptions options, ulong seed)
    {
        this.environment = environment;
        this.options = OptionSet.Validated(options, "algorithm barfi");
        rewards = environment.Find<IAuxiliaryReward>()
            ?? throw new UsageException("BARFI blends a primary and an auxiliary reward, and this environment has one reward only. Take AlignmentGrid-v0, AlignmentCartPole-v0 or AlignmentMountainCar-v0, or let yours implement IAuxiliaryReward.");
        actions = environment.ActionSpace is Discrete { Count: var count } ? count
            : throw new UsageException($"BARFI's policy is a softmax over discrete actions; this environment takes {environment.ActionSpace}.");
        horizon = options.Horizon ?? environment.Find<TimeLimit>()?.Steps
            ?? throw new UsageException("BARFI pads trajectories to the longest episode, and this environment has no time limit. Give horizon, the most steps of an episode.");
        features = FeaturesOf(environment.ObservationSpace, options);
        width = features.Count + 1;
        blend = options.Blend == BlendForm.Scalars ? new ScalarBlend(options.AuxiliaryWeight) : new LinearBlend(width, options.Blend == BlendForm.Full);
        credit = new StepCredit(options.Credit, options.DiscountSteps);
        outerCredit = new StepCredit(AlignmentCredit.Returns, discountSteps: false);
        inner = new AlignmentObjective(actions, width, horizon + 1, options.Entropy, options.ImportanceRatios);
        outer = new AlignmentObjective(actions, width, horizon + 1, 0);
        inverse = options.Inverse == InverseMethod.Neumann
            ? new NeumannSeries(options.Terms, options.SeriesStep)
            : new ConjugateGradient(options.Terms, options.Damping);
        buffer = new TrajectoryBuffer(options.BufferSize, width);
        (theta, critic, phi, discountLogit) = (new double[actions * width], new double[width], new double[blend.Parameters], [options.DiscountLogit]);
        (thetaGradient, criticGradient) = (new double[theta.Length], new double[width]);
        var random = RandomStream.Create(seed, "barfi");
        LinearLayer.Initialize(theta, width, random.Child("policy"));
        blend.Initialize(phi, random.Child("reward"));
        actorAscent = new Ascent(options.Optimizer, options.ActorLearningRate, theta.Length);
        rewardAscent = new Ascent(options.Optimizer, options.RewardLearningRate, phi.Length);
        discountAscent = new Ascent(options.Optimizer, options.DiscountLearningRate, 1);
        criticAscent = new Ascent(options.Optimizer, options.CriticLearningRate, width);
        (episodeStream, actionStream, bufferStream) = (random.Child("episodes"), random.Child("actions"), random.Child("buffer"));
        Policy = new SoftmaxFeaturePolicy(this);
    }

    /// <inheritdoc/>
    public string Algorithm => "barfi";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>Episodes played.</summary>
    public long Episodes => episodes;

    /// <summary>Undiscounted primary return of the last episode.</summary>
    public double PrimaryReturn { get; private set; }

    /// <summary>γ_φ, the discount that the policy learns with.</summary>
    public double Discount => 1 / (1 + Math.Exp(-discountLogit[0]));

    /// <summary>θ, [actions, features]; the last feature is 1.</summary>
    public ReadOnlySpan<double> Theta => theta;

    /// <summary>φ without the discount.</summary>
    public ReadOnlySpan<double> Phi => phi;

    /// <summary>What is wrong with the options or the last outer step, in words; null if nothing is.</summary>
    public string? Warning { get; private set; }

    /// <summary>r_φ at a place. It is no "true" reward: it is defined only through the policy that it makes.</summary>
    public double RewardAt(ReadOnlySpan<float> observation, double primary, double auxiliary)
    {
        var x = new double[width];
        Describe(observation, x);
        return blend.Reward(phi, x, primary, auxiliary);
    }

    /// <summary>Plays one episode, and after every so many learns.</summary>
    public void Advance(IMetricSink metrics)
    {
        Warning = options.Warning;
        buffer.Add(PlayEpisode(metrics));
        episodes++;
        if (episodes % options.Every != 0) { return; }
        if (options.Method != AlignmentMethod.Barfi && !options.Replay)
        {
            buffer.Last(options.Every, drawn);
            InnerStep();
            return;
        }
        if (!warm)
        {
            buffer.Last(WarmUpTrajectories, drawn);
            InnerStep();
        }
        else if (options.Method == AlignmentMethod.Barfi) { OuterStep(metrics); }
        if (episodes <= options.FirstEpisodes + options.InnerSteps) { return; }
        var count = options.Every * options.InnerSteps + (warm ? 0 : options.FirstEpisodes);
        warm = true;
        for (var i = 0; i < count; i++)
        {
            buffer.Draw(options.BatchSize, 0, bufferStream, drawn);
            InnerStep();
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(episodes), ref episodes);
        state.Value(nameof(warm), ref warm);
        state.Array<double>(nameof(theta), theta);
        state.Array<double>(nameof(phi), phi);
        state.Array<double>(nameof(critic), critic);
        state.Array<double>(nameof(discountLogit), discountLogit);
        state.Part(nameof(actorAscent), actorAscent);
        state.Part(nameof(rewardAscent), rewardAscent);
        state.Part(nameof(discountAscent), discountAscent);
        state.Part(nameof(criticAscent), criticAscent);
        state.Part(nameof(buffer), buffer);
        state.Part(nameof(episodeStream), episodeStream);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(bufferStream), bufferStream);
    }

    /// <inheritdoc/>
    public void Dispose() => environment.Find<IDisposable>()?.Dispose();

    private AlignmentTrajectory PlayEpisode(IMetricSink metrics)
    {
        var (states, taken, primary, auxiliary, likelihoods) = (new List<double>(), new List<int>(), new List<double>(), new List<double>(), new List<double>());
        var (observation, x, action, log) = (new float[ObservationSpace.Size], new double[width], new float[1], new double[actions]);
        environment.Reset(episodeStream, observation);
        Describe(observation, x);
        states.AddRange(x);
        StepResult result = default;
        while (!result.Done && taken.Count < horizon)
        {
            SoftmaxPolicy.LogProbabilities(theta, x, log);
            var chosen = Draw(log, actionStream);
            action[0] = chosen;
            result = environment.Step(action, episodeStream, observation);
            var extra = rewards.AuxiliaryReward;
            if (!double.IsFinite(extra)) { throw new UsageException($"The auxiliary reward of step {taken.Count + 1} is {extra}; it must be a finite number. Mend the environment's IAuxiliaryReward."); }
            taken.Add(chosen);
            primary.Add(rewards.PrimaryReward);
            auxiliary.Add(extra);
            likelihoods.Add(log[chosen]);
            Describe(observation, x);
            states.AddRange(x);
        }
        steps += taken.Count;
        PrimaryReturn = primary.Sum();
        metrics.Episode(PrimaryReturn, taken.Count);
        return new AlignmentTrajectory(width, [.. states], [.. taken], [.. primary], [.. auxiliary], [.. likelihoods], result.Terminated);
    }

    /// <summary>One ascent of the inner objective on the drawn trajectories; reward and discount are constants in it.</summary>
    private void InnerStep()
    {
        inner.Load(drawn, theta);
        WeighInner(inner);
        inner.Gradient(thetaGradient);
        actorAscent.Step(theta, thetaGradient);
        if (options.Credit == AlignmentCredit.Advantages) { criticAscent.Step(critic, criticGradient); }
    }

    /// <summary>Moves reward and discount before the policy moves.</summary>
    private void OuterStep(IMetricSink metrics)
    {
        buffer.Last(options.Every + 1, drawn);
        outer.Load(drawn, theta);
        var place = 0;
        foreach (var trajectory in outer.Trajectories)
        {
            outerCredit.Write(trajectory, trajectory.Primary, options.Gamma, critic, outer.Weights.Slice(place, trajectory.Length), Slopes(place, trajectory.Length));
            place += trajectory.Length;
        }
        buffer.Draw(options.CurvatureBatches * options.BatchSize, options.Every, bufferStream, drawn);
        inner.Load(drawn, theta);
        WeighInner(inner);
        var gradient = new double[phi.Length + 1];
        var report = ImplicitGradient.Of(new Problem(this), inverse, gradient);
        blend.AddNormGradient(phi, -options.RewardPenalty, gradient.AsSpan(0, phi.Length));
        var discount = Discount;
        // The penalty is on γ_φ itself, not on its logit: dγ/dz = γ (1 - γ).
        gradient[^1] -= options.DiscountPenalty * discount * (1 - discount);
        rewardAscent.Step(phi, gradient.AsSpan(0, phi.Length));
        discountAscent.Step(discountLogit, gradient.AsSpan(phi.Length));
        Warning = report.Warning ?? Warning;
        metrics.Add("train/discount", Discount);
        metrics.Add("train/series_growth", report.Growth);
        metrics.Add("train/warning_series_grows", report.Warning is null ? 0 : 1);
    }

    /// <summary>Credits every step under the method's reward, and leaves dw/dγ in the slopes and V's gradient beside it.</summary>
    private void WeighInner(AlignmentObjective objective)
    {
        var (discount, place, count) = (Discount, 0, objective.Steps);
        criticGradient.AsSpan().Clear();
        foreach (var trajectory in objective.Trajectories)
        {
            var weights = objective.Weights.Slice(place, trajectory.Length);
            credit.Write(trajectory, Paid(trajectory), discount, critic, weights, Slopes(place, trajectory.Length));
            for (var time = 0; time < trajectory.Length; time++)
            {
                if (options.Credit == AlignmentCredit.Advantages)
                {
                    // TD(0): the credit is the temporal difference.
                    var x = trajectory.At(time);
                    for (var i = 0; i < width; i++) { criticGradient[i] += weights[time] * x[i] / count; }
                }
                // A potential telescopes to a baseline: what the state was entered with.
                if (options.Method == AlignmentMethod.Potential && time > 0) { weights[time] -= trajectory.Auxiliary[time - 1]; }
            }
            place += trajectory.Length;
        }
    }

    private ReadOnlySpan<double> Paid(AlignmentTrajectory trajectory)
    {
        if (paid.Length < trajectory.Length) { paid = new double[horizon]; }
        for (var time = 0; time < trajectory.Length; time++)
        {
            var (primary, auxiliary) = (trajectory.Primary[time], trajectory.Auxiliary[time]);
            paid[time] = options.Method switch
            {
                AlignmentMethod.Barfi when warm => blend.Reward(phi, trajectory.At(time), primary, auxiliary),
                AlignmentMethod.Barfi or AlignmentMethod.Naive => primary + auxiliary,
                _ => primary,
            };
        }
        return paid.AsSpan(0, trajectory.Length);
    }

    private Span<double> Slopes(int start, int length)
    {
        if (slopes.Length < start + length) { Array.Resize(ref slopes, 2 * (start + length)); }
        return slopes.AsSpan(start, length);
    }

    private void Describe(ReadOnlySpan<float> observation, Span<double> x)
    {
        features.Write(observation, x);
        x[^1] = 1;
    }

    private static int Draw(ReadOnlySpan<double> log, RandomStream random)
    {
        var left = random.NextDouble();
        for (var k = 0; k < log.Length - 1; k++)
        {
            left -= Math.Exp(log[k]);
            if (left < 0) { return k; }
        }
        return log.Length - 1;
    }

    private static IStateFeatures FeaturesOf(Space space, BarfiOptions options)
    {
        if (space is not Box box) { throw new UsageException($"BARFI's features are over a box of numbers; this environment shows {space}."); }
        float[] low = options.Low.Length > 0 ? [.. options.Low.Select(value => (float)value)] : [.. box.Low];
        float[] high = options.High.Length > 0 ? [.. options.High.Select(value => (float)value)] : [.. box.High];
        if (low.Length != box.Size || high.Length != box.Size) { throw new UsageException($"low and high have {low.Length} and {high.Length} numbers; this environment shows {box.Size}."); }
        return options.Features == AlignmentFeatures.Fourier ? new FourierBasis(low, high, options.FourierOrder) : new TileCoding(low, high, options.Tiles, options.Tilings);
    }

    /// <summary>The two objectives as they stand after <see cref="OuterStep"/> has loaded them; φ is the blend's parameters and the discount's logit.</summary>
    private sealed class Problem(Barfi agent) : IBilevelProblem
    {
        public int InnerParameters => agent.theta.Length;

        public int OuterParameters => agent.phi.Length + 1;

        public void OuterGradient(Span<double> v) => agent.outer.Gradient(v);

        public void HessianVector(ReadOnlySpan<double> p, Span<double> product) => agent.inner.HessianVector(p, product);

        public void CrossGradient(ReadOnlySpan<double> q, Span<double> gradient)
        {
            gradient.Clear();
            var (byCredit, byReward, discount, place) = (new double[agent.inner.Steps], new double[agent.horizon], agent.Discount, 0);
            agent.inner.Along(q, byCredit);
            foreach (var trajectory in agent.inner.Trajectories)
            {
                var own = byCredit.AsSpan(place, trajectory.Length);
                agent.credit.Carry(own, discount, byReward);
                for (var time = 0; time < trajectory.Length; time++)
                {
                    agent.blend.AddGradient(trajectory.At(time), trajectory.Primary[time], trajectory.Auxiliary[time], byReward[time], gradient[..^1]);
                    gradient[^1] += own[time] * agent.slopes[place + time] * discount * (1 - discount);
                }
                place += trajectory.Length;
            }
        }
    }

    private sealed class SoftmaxFeaturePolicy(Barfi agent) : IPolicy
    {
        private readonly double[] x = new double[agent.width];
        private readonly double[] log = new double[agent.actions];

        public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
        {
            var size = agent.ObservationSpace.Size;
            for (var row = 0; row < count; row++)
            {
                agent.Describe(observations.Slice(row * size, size), x);
                SoftmaxPolicy.LogProbabilities(agent.theta, x, log);
                actions[row] = random is null ? Array.IndexOf(log, log.Max()) : Draw(log, random);
            }
        }
    }
}
