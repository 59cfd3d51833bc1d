using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Maximum likelihood on prompts and completions: L = -Σ log pi(completion token | before) / tokens, by AdamW. Rows of a batch
/// share lines of the model without seeing each other, so nothing is spent on padding, and gradients are those of each row
/// alone.
/// </summary>
public sealed class SupervisedFineTuning : IStateful, IDisposable
{
    private readonly ILanguageModel model;
    private readonly SupervisedOptions options;
    private readonly ExampleOrder order;
    private readonly ISchedule learningRate;
    private readonly TensorAdam optimizer;
    private readonly int longest;
    private long steps;
    private long tokens;

    /// <summary>A training of <paramref name="model"/>; adapters that the options ask for are added beforehand by the caller.</summary>
    /// <param name="model">What is trained.</param>
    /// <param name="examples">What is imitated.</param>
    /// <param name="options">How.</param>
    /// <param name="totalSteps">Optimiser steps of the whole training: the learning rate ends there.</param>
    /// <param name="random">Orders the examples.</param>
    /// <exception cref="UsageException">An option is out of range, or there is nothing to train or to learn from.</exception>
    public SupervisedFineTuning(ILanguageModel model, IExampleSource examples, SupervisedOptions options, long totalSteps, RandomStream random)
    {
        OptionSet.Validated(options, "supervised fine-tuning");
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        if (examples.Count == 0) { throw new UsageException("There are no examples to learn from. Give data with at least one row."); }
        if (model.Trainable.Count == 0) { throw new UsageException("The model has nothing to train: its weights are frozen. Load it without frozen, or add adapters."); }
        (this.model, this.options) = (model, options);
        order = new ExampleOrder(examples, random);
        learningRate = options.LearningRateOver(totalSteps);
        optimizer = new TensorAdam(model.Trainable, options.WeightDecay, TensorAdam.IsProjection);
        longest = Math.Min(options.MaximumLength == 0 ? int.MaxValue : options.MaximumLength, model.ContextLength);
    }

    /// <summary>Optimiser steps taken.</summary>
    public long Steps => steps;

    /// <summary>Tokens learned from so far, prompts included.</summary>
    public long Tokens => tokens;

    /// <summary>One optimiser step.</summary>
    /// <exception cref="UsageException">An example's prompt leaves no room for its completion.</exception>
    public void Advance(IMetricSink metrics)
    {
        var rows = Enumerable.Range(0, options.BatchSize).Select(i => Row(order.At(steps * options.BatchSize + i), metrics)).ToList();
        var scored = rows.Sum(row => row.Mask.Count(flag => flag));
        var loss = 0.0;
        foreach (var part in Parts(rows))
        {
            using var scope = NewDisposeScope();
            var batch = new TokenBatch([.. part.Select(row => row.Tokens)], [.. part.Select(row => row.Mask)]);
            var share = -model.Score(batch).LogProbabilities.sum() / scored;
            share.backward();
            loss += share.ToDouble();
        }
        var rate = learningRate.Value(steps + 1);
        var norm = optimizer.Step(rate, options.MaximumGradientNorm);
        optimizer.ZeroGradients();
        steps++;
        tokens += rows.Sum(row => (long)row.Tokens.Length);
        metrics.Add("loss/supervised", loss);
        metrics.Add("gradient/norm", norm);
        metrics.Add("learning_rate", rate);
        metrics.Add("tokens", tokens);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(tokens), ref tokens);
        state.Part("model", model);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose() => optimizer.Dispose();

    private (int[] Tokens, bool[] Mask) Row(SupervisedExample example, IMetricSink metrics)
    {
        if (example.Prompt.Length == 0) { throw new UsageException($"The prompt of {example.Id} has no tokens. Begin prompts with a text or a start token."); }
        if (example.Prompt.Length >= longest) { throw new UsageException($"The prompt of {example.Id} has {example.Prompt.Length} tokens, and {longest} must hold it and its completion. Raise maximumLength (the model's context is {model.ContextLength}), or leave it out of the data."); }
        int[] row = [.. example.Prompt, .. example.Completion];
        metrics.Add("data/cut", row.Length > longest ? 1 : 0);
        if (row.Length > longest) { row = row[..longest]; }
        var first = options.CompletionOnly ? example.Prompt.Length : 1;
        return (row, [.. row.Select((_, t) => t >= first)]);
    }

    /// <summary>The batch in parts of bounded size, rows in their order.</summary>
    private List<List<(int[] Tokens, bool[] Mask)>> Parts(List<(int[] Tokens, bool[] Mask)> rows)
    {
        var parts = new List<List<(int[] Tokens, bool[] Mask)>>();
        var size = 0;
        foreach (var row in rows)
        {
            if (parts.Count == 0 || size + row.Tokens.Length > options.TokensAtOnce)
            {
                parts.Add([]);
                size = 0;
            }
            parts[^1].Add(row);
            size += row.Tokens.Length;
        }
        return parts;
    }
}
