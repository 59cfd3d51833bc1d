using Bellman.Language;

namespace Bellman.Tests.Language.Models;

/// <summary>
/// A transformer written a second time, slowly and in float64, from the published definitions: one row, every position,
/// no cache, nothing shared with the library but the names of the tensors.
/// </summary>
internal sealed class ReferenceTransformer(TransformerConfiguration model, IReadOnlyDictionary<string, float[]> weights, double[] frequencies, double amplitude = 1)
{
    /// <summary>[length][vocabulary].</summary>
    public double[][] Logits(int[] tokens)
    {
        var width = model.HiddenSize;
        var embedding = weights["model.embed_tokens.weight"];
        var x = tokens.Select(token => Enumerable.Range(0, width).Select(i => (double)embedding[token * width + i]).ToArray()).ToArray();
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var normed = x.Select(row => Norm(row, weights[name + "input_layernorm.weight"])).ToArray();
            var query = normed.Select((row, t) => Heads(row, name + "self_attn.q", t, model.Heads)).ToArray();
            var key = normed.Select((row, t) => Heads(row, name + "self_attn.k", t, model.KeyValueHeads)).ToArray();
            var value = normed.Select(row => Split(Project(row, name + "self_attn.v_proj"), model.KeyValueHeads)).ToArray();
            for (var t = 0; t < tokens.Length; t++)
            {
                var joined = new List<double>();
                for (var head = 0; head < model.Heads; head++)
                {
                    var shared = head / (model.Heads / model.KeyValueHeads);
                    var scores = Enumerable.Range(0, t + 1).Select(s => Dot(query[t][head], key[s][shared]) / Math.Sqrt(model.HeadSize)).ToArray();
                    var most = scores.Max();
                    var shares = scores.Select(score => Math.Exp(score - most)).ToArray();
                    var total = shares.Sum();
                    joined.AddRange(Enumerable.Range(0, model.HeadSize).Select(i => Enumerable.Range(0, t + 1).Sum(s => shares[s] / total * value[s][shared][i])));
                }
                x[t] = Add(x[t], Project([.. joined], name + "self_attn.o_proj"));
                var inner = Norm(x[t], weights[name + "post_attention_layernorm.weight"]);
                double[] gate = Project(inner, name + "mlp.gate_proj"), up = Project(inner, name + "mlp.up_proj");
                x[t] = Add(x[t], Project([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], name + "mlp.down_proj"));
            }
        }
        return [.. x.Select(row => Project(Norm(row, weights["model.norm.weight"]), model.TiedEmbeddings ? "model.embed_tokens" : "lm_head"))];
    }

    private double[][] Heads(double[] row, string name, int position, int count) =>
        [.. Split(Project(row, name + "_proj"), count).Select(head => Rotate(model.HasHeadNorm ? Norm(head, weights[name + "_norm.weight"]) : head, position))];

    /// <summary>Number i of a head turns with number i + d/2.</summary>
    private double[] Rotate(double[] head, int position)
    {
        var half = head.Length / 2;
        var turned = new double[head.Length];
        for (var i = 0; i < half; i++)
        {
            double cosine = Math.Cos(position * frequencies[i]) * amplitude, sine = Math.Sin(position * frequencies[i]) * amplitude;
            turned[i] = head[i] * cosine - head[i + half] * sine;
            turned[i + half] = head[i + half] * cosine + head[i] * sine;
        }
        return turned;
    }

    private double[] Project(double[] x, string name)
    {
        var weight = weights[name + ".weight"];
        var bias = weights.GetValueOrDefault(name + ".bias");
        return [.. Enumerable.Range(0, weight.Length / x.Length).Select(o => (bias?[o] ?? 0) + Enumerable.Range(0, x.Length).Sum(i => (double)weight[o * x.Length + i] * x[i]))];
    }

    private double[] Norm(double[] x, float[] gain)
    {
        var root = Math.Sqrt(x.Sum(value => value * value) / x.Length + model.NormEpsilon);
        return [.. x.Zip(gain, (value, g) => value / root * g)];
    }

    private static double[][] Split(double[] x, int heads) => [.. x.Chunk(x.Length / heads)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (left, right) => left * right).Sum();

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (left, right) => left + right)];
}
