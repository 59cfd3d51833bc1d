using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.TokenHiddenReward;

/// <summary>The responses of one prompt, their tokens one after another, for scoring.</summary>
/// <param name="Hidden">[tokens, hidden]: the vector that the output matrix multiplied to predict each token (after the final norm).</param>
/// <param name="Tokens">[tokens]: what was drawn there.</param>
/// <param name="Lengths">[responses]: tokens of each.</param>
/// <param name="Correct">[responses].</param>
public sealed record HiddenGroup(Tensor Hidden, int[] Tokens, int[] Lengths, bool[] Correct);

/// <summary>
/// How strongly the update on each sampled token moves the likelihood of its group's correct responses: the part of the tangent
/// kernel that belongs to the output matrix, summed over all pairs with the correct responses' tokens.
/// </summary>
public static class HiddenRewards
{
    /// <summary>
    /// THR_{j,k'} = (2 r_j - 1) sum_{i in P} 1/|y_i| sum_k alpha_{k,k'} &lt;h_k, h_k'&gt;, alpha = &lt;e_y - pi, e_y' - pi'&gt;: [tokens].
    /// </summary>
    /// <param name="group">A group with at least one correct response.</param>
    /// <param name="output">[vocabulary, hidden]: the output matrix.</param>
    /// <param name="options">Vocabulary, self-influence, chunk.</param>
    public static double[] Scores(HiddenGroup group, Tensor output, TokenHiddenRewardOptions options)
    {
        var scores = Influence(group, output, options, perToken: true);
        var at = 0;
        for (var j = 0; j < group.Lengths.Length; j++)
        {
            // (2 r_j - 1) s
            for (var k = 0; k < group.Lengths[j]; k++, at++) { if (!group.Correct[j]) { scores[at] = -scores[at]; } }
        }
        return scores;
    }

    /// <summary>
    /// s = g^T M h with M = sum_{i in P} c_i sum_k g_{i,k} h_{i,k}^T and g = e_y - pi: the double sum over tokens in time linear in them.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="output">[vocabulary, hidden].</param>
    /// <param name="options">Vocabulary, self-influence, chunk.</param>
    /// <param name="perToken">c_i = 1/|y_i|; otherwise 1, as in the predecessor.</param>
    internal static double[] Influence(HiddenGroup group, Tensor output, TokenHiddenRewardOptions options, bool perToken)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        int[] ids = options.Vocabulary == ErrorVocabulary.Full ? [.. Enumerable.Range(0, (int)output.shape[0])] : [.. group.Tokens.Distinct().Order()];
        var errors = new PredictionErrors(group, output, ids, options.Chunk);
        var own = new Tensor?[group.Lengths.Length];
        var whole = zeros([ids.Length, output.shape[1]], group.Hidden.dtype, group.Hidden.device);
        for (var i = 0; i < own.Length; i++)
        {
            if (!group.Correct[i]) { continue; }
            var part = errors.Product(i) * (perToken ? 1.0 / Math.Max(1, group.Lengths[i]) : 1);
            whole += part;
            if (options.ExcludeSelf) { own[i] = part; }
        }
        var scores = new List<double>(group.Tokens.Length);
        for (var j = 0; j < own.Length; j++) { scores.AddRange(errors.Forms(j, own[j] is { } self ? whole - self : whole)); }
        return [.. scores];
    }

    /// <summary>tau = beta min_{i in P} mean_k THR_{i,k}: what a correct response's token does on average, for the response where it does least.</summary>
    public static double Threshold(double[] scores, int[] lengths, bool[] correct, double beta)
    {
        var least = double.PositiveInfinity;
        var start = 0;
        for (var i = 0; i < lengths.Length; start += lengths[i++])
        {
            if (correct[i] && lengths[i] > 0) { least = Math.Min(least, scores.AsSpan(start, lengths[i]).ToArray().Average()); }
        }
        return beta * least;
    }

    /// <summary>keep (1 + sign(THR) p) for each token, keep = 1[|THR| > tau], all where tau is not positive.</summary>
    /// <param name="scores">[tokens].</param>
    /// <param name="threshold">tau.</param>
    /// <param name="p">In (-1, 1).</param>
    public static double[] Weights(double[] scores, double threshold, double p) =>
        Array.ConvertAll(scores, score => IsKept(score, threshold) ? 1 + Math.Sign(score) * p : 0);

    internal static bool IsKept(double score, double threshold) => threshold <= 0 || Math.Abs(score) > threshold;

    /// <summary>g = e_y - pi on the chosen columns, computed from hidden states chunk by chunk and never all at once.</summary>
    private sealed class PredictionErrors
    {
        private readonly HiddenGroup group;
        private readonly Tensor output;
        private readonly Tensor columns;
        private readonly Dictionary<int, long> columnOf = [];
        private readonly int[] starts;
        private readonly int chunk;

        public PredictionErrors(HiddenGroup group, Tensor output, int[] ids, int chunk)
        {
            (this.group, this.chunk) = (group, chunk);
            this.output = output.to(group.Hidden.dtype);
            columns = tensor(Array.ConvertAll(ids, id => (long)id)).to(group.Hidden.device);
            for (var i = 0; i < ids.Length; i++) { columnOf[ids[i]] = i; }
            starts = new int[group.Lengths.Length];
            for (var i = 1; i < starts.Length; i++) { starts[i] = starts[i - 1] + group.Lengths[i - 1]; }
        }

        /// <summary>sum_k g_k h_k^T of a response: [columns, hidden].</summary>
        public Tensor Product(int response)
        {
            var sum = zeros([columns.shape[0], output.shape[1]], output.dtype, output.device);
            foreach (var (errors, hidden) in Chunks(response)) { sum.add_(errors.t().matmul(hidden)); }
            return sum;
        }

        /// <summary>g_k^T M h_k for each token of a response.</summary>
        public List<double> Forms(int response, Tensor matrix)
        {
            var forms = new List<double>();
            foreach (var (errors, hidden) in Chunks(response)) { forms.AddRange((errors.matmul(matrix) * hidden).sum(1).ToDoubles()); }
            return forms;
        }

        private IEnumerable<(Tensor Errors, Tensor Hidden)> Chunks(int response)
        {
            for (var done = 0; done < group.Lengths[response]; done += chunk)
            {
                using var scope = NewDisposeScope();
                var (start, count) = (starts[response] + done, Math.Min(chunk, group.Lengths[response] - done));
                var hidden = group.Hidden.narrow(0, start, count);
                var logits = hidden.matmul(output.t());
                var errors = (logits.index_select(1, columns) - logits.logsumexp(1, keepdim: true)).exp().neg();
                var drawn = tensor(group.Tokens.AsSpan(start, count).ToArray().Select(token => columnOf[token]).ToArray()).to(hidden.device).unsqueeze(1);
                errors.scatter_add_(1, drawn, ones_like(drawn, errors.dtype));
                yield return (errors, hidden);
            }
        }
    }
}
