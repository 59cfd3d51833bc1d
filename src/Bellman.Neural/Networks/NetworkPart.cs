namespace Bellman.Neural;

/// <summary>One named part of a <see cref="NetworkGroup"/>.</summary>
/// <param name="Name">Unique in its group; parameters are named after it.</param>
public abstract record NetworkPart(string Name);

/// <summary>A multilayer perceptron; parameters "name.0.weight", "name.0.bias", and with layer norm "name.0.norm.weight", "name.0.norm.bias".</summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Mlp">Its shape.</param>
public sealed record MlpPart(string Name, MlpSpecification Mlp) : NetworkPart(Name);

/// <summary>A trainable vector that belongs to no network, such as a state-independent log standard deviation.</summary>
/// <param name="Name">Unique in its group; also the parameter's name.</param>
/// <param name="Size">How many numbers.</param>
/// <param name="InitialValue">What each starts as.</param>
public sealed record VectorPart(string Name, int Size, float InitialValue) : NetworkPart(Name);
