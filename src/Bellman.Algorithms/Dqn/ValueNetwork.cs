using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The network that DQN's options describe: a plain trunk, then plain, noisy or duelling last layers.</summary>
internal static class ValueNetwork
{
    public const string Name = "values";

    /// <param name="inputs">Numbers of an encoded observation.</param>
    /// <param name="actions">Actions.</param>
    /// <param name="width">Numbers per action.</param>
    /// <param name="options">What it is made of.</param>
    public static NetworkPart Part(int inputs, int actions, int width, DqnOptions options)
    {
        if (options.Returns == ReturnKind.Implicit) { return Implicit(); }
        if (!options.Duelling && !options.Noisy) { return new MlpPart(Name, Mlp(inputs, options.Hidden, actions * width)); }
        // The last hidden layer belongs to the heads: only what is near the values is noisy or split.
        if (options.Hidden.Length < 2) { return Heads(Name, inputs); }
        var trunk = options.Hidden[..^1];
        var features = trunk[^1];
        return new ChainPart(
            Name,
            [new MlpPart($"{Name}.trunk", Mlp(inputs, trunk[..^1], features) with { OutputActivation = options.Activation }), Heads($"{Name}.head", features)]);

        // The trunk's features meet the embedding of a probability, so there is a trunk at any depth; the head writes one number an action.
        NetworkPart Implicit()
        {
            var layers = options.Hidden.Length > 1 ? options.Hidden[..^1] : options.Hidden;
            var trunk = new MlpPart($"{Name}.trunk", Mlp(inputs, layers[..^1], layers[^1]) with { OutputActivation = options.Activation });
            var samples = width;
            width = 1;
            return new ImplicitQuantilePart(Name, trunk, Heads($"{Name}.head", layers[^1]), samples);
        }

        NetworkPart Heads(string name, int features) => options.Duelling
            ? new DuellingPart(name, Head($"{name}.value", features, width), Head($"{name}.advantage", features, actions * width))
            : Head(name, features, actions * width);

        NetworkPart Head(string name, int features, int outputs)
        {
            var linear = options.Hidden.Length == 0 || options.Returns == ReturnKind.Implicit && options.Hidden.Length == 1;
            var mlp = Mlp(features, linear ? [] : options.Hidden[^1..], outputs);
            return options.Noisy ? new NoisyMlpPart(name, mlp) { InitialDeviation = (float)options.NoiseDeviation } : new MlpPart(name, mlp);
        }

        MlpSpecification Mlp(int from, int[] hidden, int outputs) =>
            new(from, hidden, outputs) { Activation = options.Activation, Initialization = Initialization.FanIn };
    }
}
