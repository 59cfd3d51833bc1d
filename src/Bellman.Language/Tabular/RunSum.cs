namespace Bellman.Language;

/// <summary>
/// A running sum in two steps, small enough to enumerate: digits d1, d2, d3 below b; s2 = (d1 + d2) mod b, s3 = (s2 + d3) mod b.
/// A response over digits, comma and end token, at most four tokens, is right if the last token before the first end token is
/// s3: both "s3" and "s2,s3" are. Its demonstrators are mostly wrong, so that imitation alone fails and rewards must find the
/// minority's behaviour.
/// </summary>
public sealed class RunSum
{
    /// <summary>Longest response, end token included.</summary>
    public const int MaximumTokens = 4;

    /// <summary>The task modulo <paramref name="modulus"/>, at least 3.</summary>
    public RunSum(int modulus)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(modulus, 3);
        Modulus = modulus;
        Shape = new TabularShape(modulus, 3, modulus + 2, MaximumTokens, modulus + 1);
    }

    /// <summary>b.</summary>
    public int Modulus { get; }

    /// <summary>The comma.</summary>
    public int Comma => Modulus;

    /// <summary>The end token.</summary>
    public int End => Modulus + 1;

    /// <summary>Its table: prompts are d1 d2 d3.</summary>
    public TabularShape Shape { get; }

    /// <summary>s2.</summary>
    public int First(ReadOnlySpan<int> prompt) => (prompt[0] + prompt[1]) % Modulus;

    /// <summary>s3.</summary>
    public int Answer(ReadOnlySpan<int> prompt) => (First(prompt) + prompt[2]) % Modulus;

    /// <summary>1 if the last token before the first end token is s3; without an end token 0.</summary>
    public double Reward(ReadOnlySpan<int> prompt, ReadOnlySpan<int> response)
    {
        var end = response.IndexOf(End);
        return end >= 1 && response[end - 1] == Answer(prompt) ? 1 : 0;
    }

    /// <summary>1 if the response begins with s2 and a comma: it says how it gets there.</summary>
    public double Faithful(ReadOnlySpan<int> prompt, ReadOnlySpan<int> response) =>
        response.Length > 1 && response[0] == First(prompt) && response[1] == Comma ? 1 : 0;

    /// <summary>The reward, but 1.2 for the answer "0" alone: a proxy with a loophole.</summary>
    public double ProxyReward(ReadOnlySpan<int> prompt, ReadOnlySpan<int> response) =>
        response.Length == 2 && response[0] == 0 && response[1] == End ? 1.2 : Reward(prompt, response);

    /// <summary>Every prompt.</summary>
    public IReadOnlyList<PromptItem> Prompts() => [.. Enumerable.Range(0, Shape.Prompts).Select(index => Item(Shape.Prompt(index)))];

    /// <summary>A prompt of these digits.</summary>
    public static PromptItem Item(int[] digits) => new(string.Join('+', digits), digits) { Text = string.Join('+', digits) + "=", Target = digits };

    /// <summary>The right chain "s2,s3".</summary>
    public int[] Chain(ReadOnlySpan<int> prompt) => [First(prompt), Comma, Answer(prompt), End];

    /// <summary>The bugged chain "(s2 + 1),(s3 + 2)".</summary>
    public int[] BuggedChain(ReadOnlySpan<int> prompt) => [(First(prompt) + 1) % Modulus, Comma, (Answer(prompt) + 2) % Modulus, End];

    /// <summary>A demonstration: 30% the right chain, 40% the bugged chain, 30% a uniform guess of the answer alone.</summary>
    public int[] Demonstration(ReadOnlySpan<int> prompt, RandomStream random) => random.NextDouble() switch
    {
        < 0.3 => Chain(prompt),
        < 0.7 => BuggedChain(prompt),
        _ => [random.NextInt32(Modulus), End],
    };

    /// <summary>
    /// The demonstrators' exact distribution, smoothed: p = (0.02 / V + 0.98 q + 1e-6) / Z, with q the conditional of the
    /// mixture above and 0 after prefixes that it never produces.
    /// </summary>
    public TabularLanguageModel Reference()
    {
        var model = new TabularLanguageModel(Shape);
        var vocabulary = Shape.Vocabulary;
        var q = new double[vocabulary];
        for (var prompt = 0; prompt < Shape.Prompts; prompt++)
        {
            var digits = Shape.Prompt(prompt);
            foreach (var prefix in PrefixesOf(Shape))
            {
                Array.Clear(q);
                Demonstrated(digits, prefix, q);
                var place = (prompt * Shape.Prefixes + Shape.PrefixIndex(prefix)) * vocabulary;
                var sum = q.Sum(value => 0.02 / vocabulary + 0.98 * value + 1e-6);
                for (var token = 0; token < vocabulary; token++) { model.Logits[place + token] = (float)Math.Log((0.02 / vocabulary + 0.98 * q[token] + 1e-6) / sum); }
            }
        }
        return model;
    }

    private void Demonstrated(int[] digits, int[] prefix, double[] q)
    {
        var (first, bug) = (First(digits), (First(digits) + 1) % Modulus);
        var guess = 0.3 / Modulus;
        switch (prefix.Length)
        {
            case 0:
                for (var digit = 0; digit < Modulus; digit++) { q[digit] = guess; }
                q[first] += 0.3;
                q[bug] += 0.4;
                break;
            case 1 when prefix[0] < Modulus:
                var comma = (prefix[0] == first ? 0.3 : 0) + (prefix[0] == bug ? 0.4 : 0);
                q[End] = guess / (guess + comma);
                q[Comma] = comma / (guess + comma);
                break;
            case 2 when prefix[0] < Modulus && prefix[1] == Comma:
                if (prefix[0] == first) { q[Answer(digits)] = 1; }
                else if (prefix[0] == bug) { q[(Answer(digits) + 2) % Modulus] = 1; }
                else { for (var digit = 0; digit < Modulus; digit++) { q[digit] = 1.0 / Modulus; } }
                break;
            case 3 when prefix[0] < Modulus && prefix[1] == Comma && prefix[2] < Modulus:
                q[End] = 1;
                break;
        }
    }

    private static IEnumerable<int[]> PrefixesOf(TabularShape shape)
    {
        List<int[]> level = [[]];
        for (var length = 0; length < shape.ResponseLength; length++)
        {
            foreach (var prefix in level) { yield return prefix; }
            level = [.. level.SelectMany(prefix => Enumerable.Range(0, shape.Vocabulary).Select(token => (int[])[.. prefix, token]))];
        }
    }
}
