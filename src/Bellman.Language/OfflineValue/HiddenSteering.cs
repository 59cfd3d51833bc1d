using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Bellman.Runs;

namespace Bellman.Language;

/// <summary>Changes the distribution that tokens are drawn from, knowing the hidden state it came from.</summary>
public interface ILogitSteering
{
    /// <summary>Changes the logits of the next token; called by several threads at once.</summary>
    /// <param name="hidden">[hidden]: the hidden state after the final norm.</param>
    /// <param name="logits">[vocabulary].</param>
    void Steer(ReadOnlySpan<float> hidden, Span<float> logits);
}

/// <summary>
/// ILQL's decoding: logits log pi_beta + beta (Q - V), Q the smaller of the two targets. It lies beside a model's weights as
/// <c>value_heads.safetensors</c>.
/// </summary>
public sealed class HiddenSteering : ILogitSteering
{
    /// <summary>The file in a model's folder.</summary>
    public const string FileName = "value_heads.safetensors";

    private static readonly string[] Parts = ["value.weight", "value.bias", "target0.hidden.weight", "target0.hidden.bias", "target0.output.weight", "target0.output.bias", "target1.hidden.weight", "target1.hidden.bias", "target1.output.weight", "target1.output.bias"];

    private readonly int hiddenSize;
    private readonly int vocabulary;
    private readonly float[][] parts;
    private readonly bool clipAtZero;

    internal HiddenSteering(int hiddenSize, int vocabulary, IReadOnlyList<(string Name, float[] Values)> tensors, double beta, bool clipAtZero)
    {
        (this.hiddenSize, this.vocabulary, Beta, this.clipAtZero) = (hiddenSize, vocabulary, beta, clipAtZero);
        parts = [.. Parts.Select(name => tensors.First(tensor => tensor.Name == name).Values)];
    }

    /// <summary>How far it goes: 0 leaves the model as it is.</summary>
    public double Beta { get; }

    /// <inheritdoc/>
    public void Steer(ReadOnlySpan<float> hidden, Span<float> logits)
    {
        var value = Dot(parts[0], hidden) + parts[1][0];
        Span<float> first = new float[vocabulary], second = new float[vocabulary];
        Q(2, hidden, first);
        Q(6, hidden, second);
        for (var token = 0; token < vocabulary; token++)
        {
            var advantage = Math.Min(first[token], second[token]) - value;
            logits[token] += (float)(Beta * (clipAtZero ? Math.Min(advantage, 0) : advantage));
        }
    }

    /// <summary>Writes the heads beside a model.</summary>
    /// <exception cref="BellmanException">They cannot be written.</exception>
    public void Save(string folder)
    {
        var blocks = Parts.Select((name, i) => TensorBlock.Of<float>(name, parts[i], Shape(i, hiddenSize, vocabulary))).ToList();
        var metadata = new Dictionary<string, string> { ["beta"] = Beta.ToString("R", CultureInfo.InvariantCulture), ["clip_at_zero"] = clipAtZero ? "true" : "false" };
        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, FileName);
            DurableFile.Write(path + ".writing", stream => SafetensorsWriter.Write(stream, blocks, metadata));
            File.Move(path + ".writing", path, overwrite: true);
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw new BellmanException($"The value heads could not be written to {folder}: {error.Message} Free space, or choose a folder that can be written.", error);
        }
    }

    /// <summary>Reads the heads beside a model; null where there are none.</summary>
    /// <exception cref="UsageException">The file is damaged, or belongs to another model.</exception>
    public static HiddenSteering? Find(string folder, int hiddenSize, int vocabulary)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) { return null; }
        using var file = SafetensorsFile.Open(path);
        var tensors = Parts.Select((name, i) =>
        {
            var entry = file.Find(name);
            var shape = Shape(i, hiddenSize, vocabulary);
            if (!entry.Shape.SequenceEqual(shape)) { throw new UsageException($"'{name}' in {path} is [{string.Join(", ", entry.Shape)}] where this model needs [{string.Join(", ", shape)}]. Use the model it was trained with, or remove the file."); }
            var values = new float[entry.Count];
            file.ReadSingles(name, values);
            return (name, values);
        }).ToList();
        if (!double.TryParse(file.Metadata.GetValueOrDefault("beta"), NumberStyles.Float, CultureInfo.InvariantCulture, out var beta) || !double.IsFinite(beta)) { throw new UsageException($"{path} does not say how far it steers (beta). Use an intact copy, or remove the file."); }
        return new HiddenSteering(hiddenSize, vocabulary, tensors, beta, file.Metadata.GetValueOrDefault("clip_at_zero") == "true");
    }

    private static long[] Shape(int part, long hidden, long vocabulary) => part switch
    {
        0 => [1, hidden],
        1 => [1],
        2 or 6 => [2 * hidden, hidden],
        3 or 7 => [2 * hidden],
        4 or 8 => [vocabulary, 2 * hidden],
        _ => [vocabulary],
    };

    // Q = W2 relu(W1 h + b1) + b2
    private void Q(int first, ReadOnlySpan<float> hidden, Span<float> q)
    {
        var (inner, bias, outer, shift) = (parts[first], parts[first + 1], parts[first + 2], parts[first + 3]);
        Span<float> wide = new float[bias.Length];
        for (var i = 0; i < wide.Length; i++) { wide[i] = Math.Max(0, Dot(inner.AsSpan(i * hiddenSize, hiddenSize), hidden) + bias[i]); }
        for (var token = 0; token < q.Length; token++) { q[token] = Dot(outer.AsSpan(token * wide.Length, wide.Length), wide) + shift[token]; }
    }

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var a = MemoryMarshal.Cast<float, Vector<float>>(left);
        var b = MemoryMarshal.Cast<float, Vector<float>>(right[..left.Length]);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < a.Length; i++) { sums += a[i] * b[i]; }
        var sum = Vector.Sum(sums);
        for (var i = a.Length * Vector<float>.Count; i < left.Length; i++) { sum += left[i] * right[i]; }
        return sum;
    }
}
