using System.Reflection;
using Bellman.Experiments;

namespace Bellman.Algorithms;

/// <summary>
/// Writes a trained policy as an ONNX model (operator set 17), to be run where Bellman is not: ONNX Runtime in a game, a
/// service, a browser.
/// </summary>
/// <remarks>
/// Inputs: <c>observation</c> float [batch, size], elements of the observation space as the environment writes them
/// (flattening and normalisation are inside); where actions can be unavailable also <c>mask</c> bool [batch, choices], true
/// for what is available. Outputs: <c>action</c> float [batch, size], the deterministic action as the environment takes
/// it; and what it was read from: <c>logits</c> [batch, choices] of a policy, <c>values</c> [batch, actions] of a
/// Q-function, <c>mean</c> [batch, size] of a continuous policy before it is squashed and stretched. Masked logits and
/// values are -1e10.
/// </remarks>
public static class OnnxExport
{
    /// <summary>Name of the input of observations.</summary>
    public const string Observation = "observation";

    /// <summary>Name of the input of available actions.</summary>
    public const string Mask = "mask";

    /// <summary>Name of the output of actions.</summary>
    public const string Action = "action";

    /// <summary>The policy of an agent as a model file.</summary>
    /// <param name="agent">The agent; its policy is an <see cref="IDescribedPolicy"/>.</param>
    /// <param name="masked">Whether the model has the input <c>mask</c>.</param>
    /// <param name="environment">The environment's id, kept as metadata.</param>
    /// <exception cref="UsageException">The policy or its network has no ONNX form.</exception>
    public static byte[] ToBytes(IAgent agent, bool masked = false, string environment = "")
    {
        var policy = agent.Policy as IDescribedPolicy ?? throw new UsageException(
            $"The policy of {agent.Algorithm} cannot be exported: it is not a network of dense layers. Train ppo, dqn or another algorithm with a plain network, or implement IDescribedPolicy on the policy.");
        return ToBytes(policy.Describe(), masked, new Dictionary<string, string>
        {
            ["algorithm"] = agent.Algorithm,
            ["environment"] = environment,
            ["observationSpace"] = agent.ObservationSpace.ToString(),
            ["actionSpace"] = agent.ActionSpace.ToString(),
        });
    }

    /// <summary>A described policy as a model file.</summary>
    /// <inheritdoc cref="ToBytes(IAgent, bool, string)"/>
    /// <param name="policy">The policy.</param>
    /// <param name="masked">Whether the model has the input <c>mask</c>.</param>
    /// <param name="metadata">Kept in the file.</param>
    public static byte[] ToBytes(PolicyDescription policy, bool masked = false, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        var graph = new OnnxGraph();
        var observation = graph.Input(Observation, OnnxType.Float, policy.Encoder.Space.Size);
        var mask = masked ? MaskInput(graph, policy) : null;
        var outputs = policy.Networks.Aggregate(OnnxLayers.Encode(graph, policy.Encoder, observation), (inputs, network) => OnnxLayers.Network(graph, network, inputs));
        OnnxReadouts.Write(graph, policy, outputs, mask);
        var version = typeof(OnnxExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        return graph.ToModel("policy", version, metadata ?? []);
    }

    /// <summary>Writes the policy of an agent to <paramref name="path"/>, whole or not at all.</summary>
    /// <inheritdoc cref="ToBytes(IAgent, bool, string)"/>
    /// <param name="agent">The agent.</param>
    /// <param name="path">The file, by convention ending in .onnx.</param>
    /// <param name="masked">Whether the model has the input <c>mask</c>.</param>
    /// <param name="environment">The environment's id, kept as metadata.</param>
    /// <exception cref="BellmanException">The file cannot be written.</exception>
    public static void Write(IAgent agent, string path, bool masked = false, string environment = "") =>
        WholeFile.Write(path, ToBytes(agent, masked, environment));

    private static string MaskInput(OnnxGraph graph, PolicyDescription policy) => policy.Readout is ContinuousReadout
        ? throw new UsageException("Action masks need discrete actions; this policy's are continuous. Export it without a mask.")
        : graph.Input(Mask, OnnxType.Bool, policy.ActionSpace.FlatSize);
}
