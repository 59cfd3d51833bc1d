using Bellman.Neural;
using TorchSharp;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>Rewards of the agent's own for imagined steps.</summary>
public interface IImaginedReward : IStateful
{
    /// <summary>The reward of each row of an imagined step, added to the predicted one, [rows].</summary>
    /// <param name="from">Where it began.</param>
    /// <param name="action">[rows, actions], in [-1, 1].</param>
    /// <param name="logProbability">[rows]: log-density of the action under the policy.</param>
    /// <param name="to">Where it led.</param>
    Tensor Reward(LatentState from, Tensor action, Tensor logProbability, LatentState to);

    /// <summary>Hears of the environment steps taken, before each update.</summary>
    void At(long steps);
}

/// <summary>
/// Actor and value that learn in imagination (Hafner et al. 2020, "Dream to control"): from every state of a batch the dynamics
/// imagine H steps; the actor climbs the returns through them, the value regresses on the returns.
/// </summary>
public sealed class ImaginedBehaviour : IStateful, IDisposable
{
    private const double MeanScale = 5;
    private const double LeastDeviation = 1e-4;
    // softplus(ln(e^5 - 1)) = 5: a policy that starts wide.
    private static readonly double InitialDeviation = Math.Log(Math.Exp(5) - 1);

    private readonly DreamerOptions options;
    private readonly WorldModel model;
    private readonly StateHead reward;
    private readonly StateHead continuation;
    private readonly IImaginedReward? extra;
    private readonly TensorParameters actorParameters;
    private readonly TensorParameters valueParameters;
    private readonly TensorMlp actor;
    private readonly TensorMlp value;
    private readonly Adam actorOptimizer;
    private readonly Adam valueOptimizer;
    private readonly RandomStream noise;

    /// <summary>A behaviour with its initial weights.</summary>
    public ImaginedBehaviour(WorldModel model, StateHead reward, StateHead continuation, IImaginedReward? extra, DreamerOptions options, RandomStream random)
    {
        (this.options, this.model, this.reward, this.continuation, this.extra) = (options, model, reward, continuation, extra);
        int[] hidden = [.. Enumerable.Repeat(options.Hidden, options.HeadLayers)];
        var actorPart = new MlpPart("actor", new MlpSpecification(model.Shape.Features, hidden, 2 * model.Shape.Actions) { Initialization = Initialization.FanIn });
        var valuePart = new MlpPart("value", new MlpSpecification(model.Shape.Features, hidden, 1) { Initialization = Initialization.FanIn });
        actorParameters = TensorParameters.Create(random.Child("actor"), [actorPart]);
        valueParameters = TensorParameters.Create(random.Child("value"), [valuePart]);
        actor = new TensorMlp(actorParameters, actorPart);
        value = new TensorMlp(valueParameters, valuePart);
        actorOptimizer = new Adam(actorParameters.Buffer, new AdamOptions { LearningRate = options.ActorLearningRate });
        valueOptimizer = new Adam(valueParameters.Buffer, new AdamOptions { LearningRate = options.ValueLearningRate });
        noise = random.Child("noise");
    }

    /// <summary>The policy's action in [-1, 1] for states [rows, features]: its mode, or with noise [rows, actions] a sample and its log-density [rows].</summary>
    public (Tensor Action, Tensor? LogProbability) Act(Tensor features, Tensor? noise)
    {
        // a = tanh(u), u ~ N(5 tanh(m / 5), softplus(s + ln(e^5 - 1)) + 1e-4)
        var halves = actor.Forward(features).chunk(2, -1);
        var mean = MeanScale * (halves[0] / MeanScale).tanh();
        if (noise is null) { return (mean.tanh(), null); }
        var deviation = nn.functional.softplus(halves[1] + InitialDeviation, 1, 20) + LeastDeviation;
        var u = mean + deviation * noise;
        // log pi(a) = log N(u) - sum 2 (ln 2 - u - softplus(-2u))
        var density = -0.5 * noise.square() - deviation.log() - 0.5 * Math.Log(2 * Math.PI) - 2 * (Math.Log(2) - u - nn.functional.softplus(-2 * u, 1, 20));
        return (u.tanh(), density.sum(-1));
    }

    /// <summary>One step of actor and value from <paramref name="start"/>, states without a past.</summary>
    public void Update(LatentState start, IMetricSink metrics)
    {
        var (state, rows) = (start, start.Stochastic.shape[0]);
        var (features, own) = (new List<Tensor> { start.Features }, new List<Tensor>());
        for (var t = 0; t < options.Horizon; t++)
        {
            var (action, density) = Act(features[^1], TensorParameters.Noise(noise, rows, model.Shape.Actions));
            var next = model.Dynamics.Imagine(state, action, TensorParameters.Noise(noise, rows, model.Shape.Options.Stochastic));
            if (extra is not null && density is not null) { own.Add(extra.Reward(state, action, density, next)); }
            features.Add(next.Features);
            state = next;
        }
        var reached = stack(features.Skip(1), 0);
        var rewards = reward.Predict(reached);
        if (own.Count > 0)
        {
            var bonus = stack(own, 0);
            metrics.Add("imagination/own_reward", bonus.mean().ToSingle());
            rewards = rewards + bonus;
        }
        var discounts = options.Gamma * continuation.Predict(reached);
        var returns = LambdaReturn.Of(rewards, value.Forward(reached).squeeze(-1), discounts, options.Lambda);
        // A step counts as much as it is likely to be reached.
        var weights = cat([ones(1, rows), discounts.narrow(0, 0, options.Horizon - 1)], 0).cumprod(0).detach();
        var actorLoss = -(weights * returns).mean();
        actorParameters.Differentiate(actorLoss);
        metrics.Add("loss/actor", actorLoss.ToSingle());
        metrics.Add("train/actor_gradient_norm", actorParameters.Buffer.ClipGradients(options.MaximumGradientNorm));
        var left = stack(features.Take(options.Horizon), 0).detach();
        var valueLoss = 0.5 * (weights * (value.Forward(left).squeeze(-1) - returns.detach()).square()).mean();
        valueParameters.Differentiate(valueLoss);
        metrics.Add("loss/value", valueLoss.ToSingle());
        valueParameters.Buffer.ClipGradients(options.MaximumGradientNorm);
        actorParameters.Step(actorOptimizer);
        valueParameters.Step(valueOptimizer);
    }

    /// <summary>Tells the extra reward of the steps taken.</summary>
    public void At(long steps) => extra?.At(steps);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("actor", actorParameters);
        state.Part("value", valueParameters);
        state.Part(nameof(actorOptimizer), actorOptimizer);
        state.Part(nameof(valueOptimizer), valueOptimizer);
        state.Part(nameof(noise), noise);
        if (extra is not null) { state.Part(nameof(extra), extra); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        actorParameters.Dispose();
        valueParameters.Dispose();
    }
}
