namespace Bellman.Language;

/// <summary>What a response is worth: the prompt's and the response's tokens, end token included, in; a number out.</summary>
public delegate double ResponseValue(ReadOnlySpan<int> prompt, ReadOnlySpan<int> response);

/// <summary>
/// The whole distribution of a <see cref="TabularLanguageModel"/>: log-probabilities of every complete response to every prompt
/// (those that end with the end token, and those cut at the limit), in double precision.
/// </summary>
public sealed class ExactDistribution
{
    private readonly double[][] logProbabilities;

    private ExactDistribution(TabularShape shape, IReadOnlyList<int[]> responses, double[][] logProbabilities)
    {
        Shape = shape;
        Responses = responses;
        this.logProbabilities = logProbabilities;
    }

    /// <summary>The table's size.</summary>
    public TabularShape Shape { get; }

    /// <summary>Every complete response.</summary>
    public IReadOnlyList<int[]> Responses { get; }

    /// <summary>log pi(response | prompt), in the order of <see cref="Responses"/>.</summary>
    public IReadOnlyList<double> LogProbabilities(int prompt) => logProbabilities[prompt];

    /// <summary>Enumerates a model.</summary>
    public static ExactDistribution Of(TabularLanguageModel model)
    {
        var responses = Complete(model.Shape);
        var table = new double[model.Shape.Prompts][];
        for (var prompt = 0; prompt < table.Length; prompt++)
        {
            var logs = new List<double>(responses.Count);
            Walk(model, prompt, [], 0, logs);
            table[prompt] = [.. logs];
        }
        return new ExactDistribution(model.Shape, responses, table);
    }

    /// <summary>E over prompts (all alike) and responses.</summary>
    public double Expect(ResponseValue value) => OverPrompts(prompt =>
    {
        var tokens = Shape.Prompt(prompt);
        var sum = 0.0;
        for (var i = 0; i < Responses.Count; i++) { sum += Math.Exp(logProbabilities[prompt][i]) * value(tokens, Responses[i]); }
        return sum;
    });

    /// <summary>Mean response length, end token included.</summary>
    public double MeanLength => Expect((_, response) => response.Length);

    /// <summary>The expected best of <paramref name="count"/> independent responses, for a value of 0 or 1.</summary>
    public double BestOf(int count, ResponseValue value) => OverPrompts(prompt =>
    {
        var tokens = Shape.Prompt(prompt);
        var success = Responses.Select((response, i) => Math.Exp(logProbabilities[prompt][i]) * value(tokens, response)).Sum();
        return 1 - Math.Pow(1 - success, count);
    });

    /// <summary>KL(this || other), mean over prompts, in nats.</summary>
    public double DivergenceFrom(ExactDistribution other) => OverPrompts(prompt =>
    {
        var sum = 0.0;
        for (var i = 0; i < Responses.Count; i++)
        {
            var log = logProbabilities[prompt][i];
            sum += Math.Exp(log) * (log - other.logProbabilities[prompt][i]);
        }
        return sum;
    });

    /// <summary>The optimum of E[r] - beta KL(. || this): pi* = this e^{r / beta} / Z, for each prompt.</summary>
    public ExactDistribution Tilted(ResponseValue reward, double beta)
    {
        var table = new double[logProbabilities.Length][];
        for (var prompt = 0; prompt < table.Length; prompt++)
        {
            var tokens = Shape.Prompt(prompt);
            var logs = Responses.Select((response, i) => logProbabilities[prompt][i] + reward(tokens, response) / beta).ToArray();
            var largest = logs.Max();
            var normalizer = largest + Math.Log(logs.Sum(log => Math.Exp(log - largest)));
            table[prompt] = Array.ConvertAll(logs, log => log - normalizer);
        }
        return new ExactDistribution(Shape, Responses, table);
    }

    private double OverPrompts(Func<int, double> value)
    {
        var sum = 0.0;
        for (var prompt = 0; prompt < logProbabilities.Length; prompt++) { sum += value(prompt); }
        return sum / logProbabilities.Length;
    }

    /// <summary>In the order in which <see cref="Walk"/> meets them.</summary>
    private static List<int[]> Complete(TabularShape shape)
    {
        var responses = new List<int[]>();
        void Extend(int[] prefix)
        {
            for (var token = 0; token < shape.Vocabulary; token++)
            {
                int[] longer = [.. prefix, token];
                if (token == shape.EndToken || longer.Length == shape.ResponseLength) { responses.Add(longer); }
                else { Extend(longer); }
            }
        }
        Extend([]);
        return responses;
    }

    private static void Walk(TabularLanguageModel model, int prompt, int[] prefix, double log, List<double> into)
    {
        var shape = model.Shape;
        var logs = new double[shape.Vocabulary];
        Softmax.Log(model.LogitsAfter(prompt, prefix), 1, logs);
        for (var token = 0; token < shape.Vocabulary; token++)
        {
            int[] longer = [.. prefix, token];
            if (token == shape.EndToken || longer.Length == shape.ResponseLength) { into.Add(log + logs[token]); }
            else { Walk(model, prompt, longer, log + logs[token], into); }
        }
    }
}
