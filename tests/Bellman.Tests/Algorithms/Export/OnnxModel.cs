using Microsoft.ML.OnnxRuntime;

namespace Bellman.Tests.Algorithms.Export;

/// <summary>Runs an exported policy as a stranger would, through ONNX Runtime.</summary>
internal sealed class OnnxModel(byte[] model) : IDisposable
{
    private readonly InferenceSession session = new(model);

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public IReadOnlyList<string> Inputs => session.InputNames;

    public IReadOnlyDictionary<string, float[]> Run(float[] observations, int count, bool[]? mask = null)
    {
        using var options = new RunOptions();
        using var observation = OrtValue.CreateTensorValueFromMemory(observations, [count, observations.Length / count]);
        using var available = OrtValue.CreateTensorValueFromMemory(mask ?? [true], [mask is null ? 1 : count, mask is null ? 1 : mask.Length / count]);
        var inputs = new Dictionary<string, OrtValue> { ["observation"] = observation };
        if (mask is not null) { inputs["mask"] = available; }
        using var outputs = session.Run(options, inputs, session.OutputNames);
        return session.OutputNames.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose() => session.Dispose();
}
