using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The weight α of entropy against reward, learned in log α unless it is held fixed.</summary>
public sealed class Temperature : IStateful, IDisposable
{
    private const string Name = "logTemperature";

    private readonly NetworkGroup parameter;
    private readonly Adam? optimizer;
    private readonly double targetEntropy;

    /// <summary>A temperature that keeps entropy near <paramref name="targetEntropy"/>.</summary>
    public Temperature(ITemperatureOptions options, double targetEntropy, double learningRate)
    {
        this.targetEntropy = targetEntropy;
        parameter = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), new VectorPart(Name, 1, (float)Math.Log(options.Temperature)));
        optimizer = options.AutomaticTemperature ? new Adam(parameter.Parameters, new AdamOptions { LearningRate = learningRate }) : null;
    }

    /// <summary>α.</summary>
    public double Value => Math.Exp(parameter.Parameters.Values[0]);

    /// <summary>One step towards the target entropy, from the mean log π of a batch (minus its entropy).</summary>
    public void Update(double meanLogProbability, IMetricSink metrics)
    {
        metrics.Add("train/entropy", -meanLogProbability);
        metrics.Add("train/temperature", Value);
        if (optimizer is null) { return; }
        // The loss is linear in log π, so the batch's mean gives the mean loss.
        var (loss, derivative) = SacLoss.Temperature(parameter.Parameters.Values[0], meanLogProbability, targetEntropy);
        metrics.Add("loss/temperature", loss);
        parameter.Parameters.Gradients[0] = (float)derivative;
        optimizer.Step();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(parameter), parameter);
        if (optimizer is not null) { state.Part(nameof(optimizer), optimizer); }
    }

    /// <inheritdoc/>
    public void Dispose() => parameter.Dispose();
}
